// Locks that a step of a round that reads a lot is not taken for dead, and that it does not read it all again.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createDrawPromptsActivities } from '../../activities/rounds/draw-prompts.ts';
import { createEvaluateActivities } from '../../activities/rounds/evaluate.ts';
import { createSelectRowsActivities } from '../../activities/rounds/select-rows.ts';
import { createRunServicesProvider, type RunServicesProvider } from '../../activities/run-services.ts';
import type { ArtifactRef } from '../../domain/artifact.ts';
import { promptSet, type OpenedRun, type SampleStage } from '../../domain/run.ts';
import { inActivity, makePrompt, startActivityBench } from '../support/activity-bench.ts';

let bench: Awaited<ReturnType<typeof startActivityBench>>;
let provider: RunServicesProvider;
let opened: OpenedRun;
/** Names of the artifacts that were read through the provider. */
let reads: string[];
/** Of every read, ms. */
let delayMs: number;

beforeEach(async () => {
  bench = await startActivityBench({ answer: (_prompt, seed) => (seed % 2 === 0 ? 'plain words' : 'Well, commas') });
  await bench.writePrompts('train', [makePrompt('rain', 'Say something about rain')]);
  await bench.writePrompts('held-out', [makePrompt('cats', 'Say something about cats')]);
  opened = await bench.open();
  reads = [];
  delayMs = 0;
  const real = createRunServicesProvider({});
  provider = {
    ...real,
    of: async (run) => {
      const services = await real.of(run);
      const read = async <Row extends object>(ref: ArtifactRef) => {
        reads.push(ref.name);
        await sleep(delayMs);
        return services.store.read<Row>(ref);
      };
      return { ...services, store: { ...services.store, read } };
    },
  };
});
afterEach(async () => {
  await provider.close();
  await bench.close();
});

async function sample(stage: SampleStage, round: number, run = bench.run): Promise<void> {
  const task = { run, stage, round, shard: 0, policy: opened.basePolicy };
  await bench.respond(task);
  await bench.judge(task);
}

const measure = () =>
  createEvaluateActivities(provider).measureHeldOut({
    run: bench.run,
    round: 0,
    shards: 1,
    policy: opened.basePolicy,
    gold: false,
  });

it('finds what was measured, and reads no answer again', async () => {
  await sample('evaluate', 0);
  const measured = await inActivity(measure);
  expect(reads).toContain('test/round-000/evaluate/judged/shard-000');
  reads = [];
  expect(await inActivity(measure)).toEqual(measured);
  expect(reads).toEqual(['test/round-000/evaluation']);
});

it('beats while it reads', async () => {
  await sample('sample', 1);
  await sample('evaluate', 0);
  const { run } = bench;
  const draws = createDrawPromptsActivities(provider);
  const trainSet = promptSet(opened, 'train');
  const samples = { run, round: 1, shards: 1, policy: opened.basePolicy };
  const steps = {
    draw: () => draws.drawRoundPrompts({ run, round: 2, trainSet }),
    drawExtra: () => draws.drawExtraPrompts({ ...samples, trainSet, planned: 1, drawn: 1 }),
    select: () => createSelectRowsActivities(provider).selectRoundRows({ ...samples, extraPrompts: 0 }),
    measure,
  };
  delayMs = 1200;
  const beating = await Promise.all(
    Object.entries(steps).map(async ([name, step]) => {
      let beats = 0;
      await inActivity<unknown>(step, () => (beats += 1));
      return beats > 0 ? [name] : [];
    }),
  );
  expect(beating.flat()).toEqual(Object.keys(steps));
});

it('reads what earlier rounds found one round after the other', async () => {
  const run = { ...bench.run, runName: 'retiring' };
  const config = { reward: { retireAfterRounds: 5 } };
  const trainSet = promptSet(await bench.open(config, run), 'train');
  const draw = (round: number) =>
    inActivity(() => createDrawPromptsActivities(provider).drawRoundPrompts({ run, round, trainSet }));
  await sample('sample', 1, run);
  await draw(2);
  await sample('sample', 2, run);
  reads = [];
  delayMs = 20;
  await draw(3);
  const rounds = reads.flatMap((name) => /round-00(\d)/.exec(name)?.[1] ?? []);
  expect(new Set(rounds)).toEqual(new Set(['1', '2']));
  expect(rounds).toEqual(rounds.toSorted());
});

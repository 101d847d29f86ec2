import { rowRule } from '../../configs/row-rule.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import { promptSetPrefix, shardName, stageName } from '../../domain/artifact-names.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import { countMissingPrompts, countUses, drawPrompts } from '../../domain/rounds/draw-prompts.ts';
import { countPromptsWithRows } from '../../domain/rounds/select-rows.ts';
import { addThinned } from '../../domain/rounds/thin-checklist.ts';
import type { DrawnPrompts, PromptSet, RunRef } from '../../domain/run.ts';
import { partition } from '../../domain/shards.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import { withHeartbeats } from '../heartbeats.ts';
import { readRewardedRound, type RoundSamples } from './read-rewarded.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';
import { createPromptThinner, type PromptThinner } from './thin-prompts.ts';

export interface DrawInput {
  readonly run: RunRef;
  readonly round: number;
  /** The set that is drawn from. */
  readonly trainSet: PromptSet;
}

export interface DrawExtraInput extends DrawInput, RoundSamples {
  /** Prompts that the round began with, and those it has by now. */
  readonly planned: number;
  readonly drawn: number;
}

/** Which prompts a round trains on. What earlier rounds used is read from the store, so that no restart loses or repeats one. */
export function createDrawPromptsActivities(provider: RunServicesProvider) {
  return {
    /** The prompts that a round begins with. */
    async drawRoundPrompts(input: DrawInput): Promise<DrawnPrompts> {
      const services = await provider.of(input.run);
      return withHeartbeats(() => draw(services, input));
    },

    /** Further prompts in place of those that gave nothing to train on, as far as the budget and the set go. */
    async drawExtraPrompts(input: DrawExtraInput): Promise<DrawnPrompts> {
      const services = await provider.of(input.run);
      return withHeartbeats(() => drawExtra(services, input));
    },
  };
}

async function draw(services: RunServices, input: DrawInput): Promise<DrawnPrompts> {
  const { run, round, trainSet } = input;
  const { data } = configOfLoop(services.config, 'online-dpo');
  const set = await readSet(services, run, trainSet);
  const thinner = await createPromptThinner(services, { runName: run.runName, round }, set.rows);
  const rows =
    data.promptsPerRound === undefined
      ? thinner.drawable
      : drawPrompts(thinner.drawable, {
          seed: services.config.seed,
          uses: await readUses(services, run, (other) => other < round),
          taken: new Set(),
          count: data.promptsPerRound,
        });
  return recordDraw(services, input, { firstShard: 0, rows, thinner }, set.refs);
}

async function drawExtra(services: RunServices, input: DrawExtraInput): Promise<DrawnPrompts> {
  const { run, round, planned, drawn, shards } = input;
  const config = configOfLoop(services.config, 'online-dpo');
  const { rows: judged } = await readRewardedRound(services, input);
  const withSignal = countPromptsWithRows(rowRule(config), judged);
  const count = countMissingPrompts({ planned, drawn, withSignal, budget: config.sampling.extraPrompts });
  if (count === 0) return { firstShard: shards, shards: 0, rows: 0 };
  const set = await readSet(services, run, input.trainSet);
  const thinner = await createPromptThinner(services, { runName: run.runName, round }, set.rows);
  const rows = drawPrompts(thinner.drawable, {
    seed: config.seed,
    uses: await readUses(services, run, (other) => other < round),
    taken: new Set(judged.map(([{ promptId }]) => promptId)),
    count,
  });
  return recordDraw(services, input, { firstShard: shards, rows, thinner }, set.refs);
}

async function readSet({ store }: RunServices, { runName }: RunRef, { shards }: PromptSet) {
  const names = Array.from({ length: shards }, (_, shard) =>
    shardName(promptSetPrefix(runName, 'train'), 'prompts', shard),
  );
  const read = await Promise.all(names.map((name) => readArtifact<PromptRow>(store, name)));
  return { rows: read.flatMap(({ rows }) => rows), refs: read.map(({ ref }) => ref) };
}

/** How often the rounds that are meant used each prompt. */
async function readUses({ store }: RunServices, { runName }: RunRef, isMeant: (round: number) => boolean) {
  const names = (await store.list(`${runName}/`)).filter((name) => {
    const round = /\/round-(\d+)\/sample\/prompts\/shard-\d+$/.exec(name)?.[1];
    return round !== undefined && isMeant(Number(round));
  });
  return countUses(await Promise.all(names.map(async (name) => (await readArtifact<PromptRow>(store, name)).rows)));
}

/** Prompts that were drawn, whole, and who leaves items out of them. */
interface RecordedDraw {
  readonly firstShard: number;
  readonly rows: readonly PromptRow[];
  readonly thinner: PromptThinner;
}

async function recordDraw(
  { store, config }: RunServices,
  { run, round }: DrawInput,
  { firstShard, rows, thinner }: RecordedDraw,
  parents: Awaited<ReturnType<typeof readSet>>['refs'],
): Promise<DrawnPrompts> {
  const shards = partition(rows, config.shards.rows);
  for (const [index, shard] of shards.entries()) {
    const thinned = shard.map((row) => thinner.thin(row));
    const { promptsRetired } = thinner;
    await store.write({
      name: shardName(stageName(run.runName, round, 'sample'), 'prompts', firstShard + index),
      schema: 'prompt',
      step: 'draw-prompts',
      parents,
      configHash: run.configHash,
      policy: null,
      shards: [thinned.map(({ row }) => row)],
      summary:
        promptsRetired === undefined
          ? {}
          : { ...thinned.map(({ counts }) => ({ ...counts, promptsRetired })).reduce(addThinned) },
    });
  }
  return { firstShard, shards: shards.length, rows: rows.length };
}

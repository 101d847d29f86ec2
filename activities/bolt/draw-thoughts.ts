import { readFile } from 'node:fs/promises';
import { configOfLoop, stageSampling } from '../../configs/stage-sampling.ts';
import { boltName, promptShardName, shardName, stageName } from '../../domain/artifact-names.ts';
import type { BoltExample } from '../../domain/bolt/bolt-example.ts';
import type { BoltPrompt } from '../../domain/bolt/bolt-query.ts';
import type { CheckedSample } from '../../domain/bolt/checked-sample.ts';
import { layoutPattern } from '../../domain/bolt/guide-layout.ts';
import { BOOTSTRAP_HEADINGS, drawExamples, renderBootstrapPrompt } from '../../domain/bolt/show-examples.ts';
import { policyStamp, type PolicyVersion } from '../../domain/policy-version.ts';
import { callSeed } from '../../domain/random.ts';
import { NO_COUNTS, type RolloutCounts, type RunRef, type ShardTask } from '../../domain/run.ts';
import { drawRollouts, samplingParameters, type CallUsage, type PolicyCall } from '../calls/policy-calls.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';

/** What drawing a shard came to. */
export interface DrawnThoughts {
  /** Queries that were asked; 0 ends the attempts at a shard. */
  readonly queries: number;
  readonly counts: RolloutCounts;
}

/** Draws responses with thoughts by in-context learning. */
export function createDrawThoughtsActivities(provider: RunServicesProvider) {
  return {
    /**
     * Asks every query of a shard that no earlier attempt has a valid response to, with other examples each time.
     *
     * @param task `round` is the attempt, from 1
     */
    async drawThoughts(task: ShardTask): Promise<DrawnThoughts> {
      const services = await provider.of(task.run);
      const { store } = services;
      const name = shardName(stageName(task.run.runName, task.round, 'bootstrap'), 'rollouts', task.shard);
      const existing = await store.find(name);
      if (existing !== undefined) return toDrawn(existing.summary as unknown as Summary);

      const prompts = await readArtifact<BoltPrompt>(store, promptShardName({ ...task, runName: task.run.runName }));
      const answered = await readAnswered(services, task);
      const open = prompts.rows.filter(({ promptId }) => !answered.has(promptId));
      const examples = await readArtifact<BoltExample>(store, boltName(task.run.runName, 'examples'));
      const bootstrapper = bootstrapperOf(services);
      const calls = await planCalls(services, task, open, examples.rows);
      const { rollouts, usage } = await drawRollouts(
        { ...services, policy: bootstrapper.server, policyLane: bootstrapper.lane },
        { run: task.run, policy: bootstrapper.policy },
        name,
        calls,
      );
      const summary: Summary = { ...usage, queries: open.length, rollouts: rollouts.length };
      await store.write({
        name,
        schema: 'rollout',
        step: 'draw-thoughts',
        parents: [prompts.ref, examples.ref],
        configHash: task.run.configHash,
        policy: policyStamp(bootstrapper.policy),
        shards: [rollouts],
        summary: { ...summary },
      });
      return toDrawn(summary);
    },
  };
}

type Summary = CallUsage & { readonly queries: number; readonly rollouts: number };

function toDrawn({ queries, rollouts, calls, promptTokens, completionTokens }: Summary): DrawnThoughts {
  return { queries, counts: { ...NO_COUNTS, rollouts, calls, promptTokens, completionTokens } };
}

/** The prompt that responses are bootstrapped with. */
export function readBootstrapTemplate(): Promise<string> {
  return readFile(new URL('../../prompts/bolt-bootstrap.md', import.meta.url), 'utf8');
}

/** The examples that a sample was shown: the same draw each time it is asked for. */
export function shownTo(
  services: RunServices,
  library: readonly BoltExample[],
  sample: { readonly promptId: string; readonly sampleIndex: number; readonly attempt: number },
): readonly BoltExample[] {
  const { seed, bootstrap } = configOfLoop(services.config, 'bolt');
  return drawExamples(library, { seed, shown: bootstrap.shown, drawPer: bootstrap.drawPer }, sample);
}

/** Who writes, as a policy version without weights of its own. */
function bootstrapperOf({ bolt }: RunServices) {
  if (bolt === undefined) throw new Error('Only a run of BOLT bootstraps.');
  const { model, server, lane } = bolt.bootstrapper;
  const policy: PolicyVersion = { round: 0, servedModel: model, adapterHash: null, adapterPath: null };
  return { server, lane, policy };
}

async function readAnswered({ store }: RunServices, task: ShardTask): Promise<ReadonlySet<string>> {
  const earlier = await Promise.all(
    Array.from({ length: task.round - 1 }, (_, index) => readChecked(store, task.run, index + 1, task.shard)),
  );
  return new Set(earlier.flat().flatMap(({ promptId, code }) => (code === 'ok' ? [promptId] : [])));
}

async function readChecked(
  store: RunServices['store'],
  run: RunRef,
  attempt: number,
  shard: number,
): Promise<readonly CheckedSample[]> {
  const name = shardName(stageName(run.runName, attempt, 'bootstrap'), 'checked', shard);
  return (await readArtifact<CheckedSample>(store, name)).rows;
}

async function planCalls(
  services: RunServices,
  { round: attempt }: ShardTask,
  prompts: readonly BoltPrompt[],
  library: readonly BoltExample[],
): Promise<readonly PolicyCall[]> {
  const { seed, bootstrap } = configOfLoop(services.config, 'bolt');
  const template = await readBootstrapTemplate();
  const sampling = stageSampling(services.config, 'bootstrap');
  const { samplesPerPrompt } = sampling;
  // Samples that are to see different examples cannot share a call.
  const perCall = bootstrap.drawPer === 'sample' ? 1 : sampling.samplesPerCall;
  return prompts.flatMap(({ promptId, messages }) =>
    Array.from({ length: samplesPerPrompt / perCall }, (_, call): PolicyCall => {
      const firstSample = (attempt - 1) * samplesPerPrompt + call * perCall;
      const shown = shownTo(services, library, { promptId, sampleIndex: firstSample, attempt });
      const content = renderBootstrapPrompt(template, messages[0].content, shown, bootstrap.format.delimiters);
      return {
        promptId,
        messages: [{ role: 'user', content }],
        firstSample,
        seed: callSeed({ seed, stage: 'bootstrap', round: attempt, promptId, sampleIndex: firstSample }),
        n: perCall,
        sampling: samplingParameters(sampling),
        stop: BOOTSTRAP_HEADINGS,
        ...(bootstrap.guide === null
          ? {}
          : { structuredOutput: { regex: layoutPattern(bootstrap.format.delimiters, bootstrap.guide) } }),
      };
    }),
  );
}

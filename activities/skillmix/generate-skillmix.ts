import { cancellationSignal } from '@temporalio/activity';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import { shardName, skillmixFolder, skillmixName } from '../../domain/artifact-names.ts';
import { NO_COUNTS, type RolloutCounts, type RunRef } from '../../domain/run.ts';
import type { QueryType } from '../../domain/skillmix/query-types.ts';
import type { PairResult, PlannedPair } from '../../domain/skillmix/result.ts';
import { startHeartbeats } from '../heartbeats.ts';
import { refuseOtherPrompts } from './open-skillmix.ts';
import { makePair } from './make-pair.ts';
import { finishWhatIsPaid, isRefused, type RefusedCall } from '../calls/paid-calls.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';
import { readPairMaterial } from './prompts.ts';
import type { WriterAnswer } from '../calls/writer-calls.ts';

export interface SkillmixBatch {
  readonly run: RunRef;
  readonly batch: number;
}

/** Lets the teacher write the pairs of a batch; every turn's text is kept. */
export function createGenerateSkillmixActivities(provider: RunServicesProvider) {
  return {
    async generateSkillmix({ run, batch }: SkillmixBatch): Promise<RolloutCounts> {
      const services = await provider.of(run);
      const { store } = services;
      const folder = skillmixFolder(run.runName);
      const name = shardName(folder, 'results', batch);
      const existing = await store.find(name);
      if (existing !== undefined) return { ...NO_COUNTS, ...(existing.summary as Partial<RolloutCounts>) };
      const planned = await readArtifact<PlannedPair>(store, shardName(folder, 'plans', batch));
      const types = await readArtifact<QueryType>(store, skillmixName(run.runName, 'query-types'));
      const { results, usage } = await makePairs(services, run, name, planned.rows, types.rows);
      const counts: RolloutCounts = {
        ...NO_COUNTS,
        ...usage,
        rollouts: results.length,
        failed: results.filter(({ end }) => !end.ok).length,
        truncated: results.filter(({ end }) => !end.ok && end.fault === 'cut').length,
        looped: results.filter(({ end }) => !end.ok && end.fault === 'looped').length,
      };
      await store.write({
        name,
        schema: 'pair-result',
        step: 'generate-skillmix',
        parents: [planned.ref, types.ref],
        configHash: run.configHash,
        policy: null,
        shards: [results],
        summary: { ...counts },
      });
      return counts;
    },
  };
}

async function makePairs(
  services: RunServices,
  run: RunRef,
  scope: string,
  planned: readonly PlannedPair[],
  queryTypes: readonly QueryType[],
) {
  const config = configOfLoop(services.config, 'skillmix');
  if (services.skillmix === undefined) throw new Error('The run has no teacher.');
  const { teacher, judge } = services.skillmix;
  const { gate } = config.generation;
  const material = await readPairMaterial();
  await refuseOtherPrompts(services, run, material.hash);
  const signal = cancellationSignal();
  const progress = { done: 0, total: planned.length, calls: 0, promptTokens: 0, completionTokens: 0, reported: 0 };
  const ledger = await services.ledgers.open(scope);
  const stopHeartbeats = startHeartbeats(() => progress);
  const count = (answer: WriterAnswer | RefusedCall): void => {
    progress.calls += 1;
    if (isRefused(answer)) return;
    progress.promptTokens += answer.promptTokens ?? 0;
    progress.completionTokens += answer.completionTokens ?? 0;
    if (answer.promptTokens !== null && answer.completionTokens !== null) progress.reported += 1;
  };
  const shared = { ledger, signal, count };
  const workshop = {
    config,
    material,
    queryTypes: new Map(queryTypes.map((type) => [type.id, type])),
    teacher: { ...shared, seat: teacher },
    gate:
      gate === undefined || judge === null ? null : { ...shared, seat: judge, heldLane: teacher.lane, config: gate },
  };
  try {
    const results = await finishWhatIsPaid(
      teacher.lane,
      planned,
      async (pair): Promise<PairResult> => {
        const result = await makePair(workshop, pair);
        progress.done += 1;
        return result;
      },
      signal,
    );
    const { calls, promptTokens, completionTokens, reported } = progress;
    return { results, usage: { calls, promptTokens, completionTokens, unreportedUsage: calls - reported } };
  } finally {
    stopHeartbeats();
    await ledger.close();
  }
}

import { configOfLoop } from '../../configs/stage-sampling.ts';
import { shardName, skillmixFolder, skillmixName, synthesisShardName } from '../../domain/artifact-names.ts';
import type { RunRef } from '../../domain/run.ts';
import { partition } from '../../domain/shards.ts';
import type { FailureCount } from '../../domain/skillmix/add-failures.ts';
import type { Skill } from '../../domain/skillmix/inventory.ts';
import { planWave } from '../../domain/skillmix/plan-wave.ts';
import type { QueryType } from '../../domain/skillmix/query-types.ts';
import type { PairResult } from '../../domain/skillmix/result.ts';
import { countFailures, messageKey, settleWave, type SlotOutcome } from '../../domain/skillmix/settle-wave.ts';
import { layOutSlots } from '../../domain/skillmix/slots.ts';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';

/** A wave: a combination for every row that is still to be had. */
export interface SkillmixWave {
  readonly run: RunRef;
  readonly wave: number;
  /** Batches of the earlier waves. */
  readonly firstBatch: number;
}

/** What a wave is made of. */
export interface PlannedWave {
  readonly batches: number;
  readonly pairs: number;
}

/** What came of a wave. */
export interface WaveCounts {
  readonly pairs: number;
  readonly kept: number;
  /** Most frequent first. */
  readonly failures: readonly FailureCount[];
}

/** Draws combinations for the rows that are to be had, and makes rows of what came of them. */
export function createPlanSkillmixActivities(provider: RunServicesProvider) {
  return {
    async planSkillmixWave({ run, wave, firstBatch }: SkillmixWave): Promise<PlannedWave> {
      const services = await provider.of(run);
      const { store } = services;
      const { numRows, seed, draw, lowQuality, shards } = configOfLoop(services.config, 'skillmix');
      const skills = await readArtifact<Skill>(store, skillmixName(run.runName, 'inventory'));
      const types = await readArtifact<QueryType>(store, skillmixName(run.runName, 'query-types'));
      const earlier = await readWaves(services, run, wave);
      const slots = layOutSlots({
        numRows,
        seed,
        sizes: draw.skills,
        queryTypes: types.rows.map(({ id }) => id),
        lowQuality: lowQuality ?? null,
      });
      const planned = planWave(slots, earlier.outcomes, { ...draw, seed, names: skills.rows.map(({ name }) => name) });
      const batches = partition(planned, shards.rows);
      for (const [index, rows] of batches.entries()) {
        await store.write({
          name: shardName(skillmixFolder(run.runName), 'plans', firstBatch + index),
          schema: 'planned-pair',
          step: 'plan-skillmix-wave',
          parents: [skills.ref, types.ref, ...earlier.parents],
          configHash: run.configHash,
          policy: null,
          shards: [rows],
          summary: { wave },
        });
      }
      return { batches: batches.length, pairs: planned.length };
    },

    async settleSkillmixWave({ run, wave, firstBatch, batches }: SkillmixWave & { readonly batches: number }) {
      const services = await provider.of(run);
      const { store } = services;
      const name = shardName(skillmixFolder(run.runName), 'waves', wave);
      if ((await store.find(name)) === undefined) await settle(services, { run, wave, firstBatch }, batches, name);
      const { rows } = await readArtifact<SlotOutcome>(store, name);
      return countWave(rows);
    },
  };
}

async function settle(
  services: RunServices,
  { run, firstBatch }: SkillmixWave,
  batches: number,
  name: string,
): Promise<void> {
  const { store, skillmix } = services;
  const { sampling } = configOfLoop(services.config, 'skillmix');
  const numbers = Array.from({ length: batches }, (_, index) => firstBatch + index);
  const read = await Promise.all(
    numbers.map((batch) => readArtifact<PairResult>(store, shardName(skillmixFolder(run.runName), 'results', batch))),
  );
  const { rows_B, outcomes } = settleWave(
    read.map(({ rows }) => rows),
    {
      queryModel: skillmix?.teacher.name ?? '',
      temperature: sampling.temperature,
      topP: sampling.topP,
      known: await readKnown(services, run, firstBatch),
    },
  );
  for (const [index, rows] of rows_B.entries()) {
    await store.write({
      name: synthesisShardName(run.runName, 'kept', firstBatch + index),
      schema: 'synthesis-row',
      step: 'settle-skillmix-wave',
      parents: read.slice(index, index + 1).map(({ ref }) => ref),
      configHash: run.configHash,
      policy: null,
      shards: [rows],
      summary: {},
    });
  }
  await store.write({
    name,
    schema: 'slot-outcome',
    step: 'settle-skillmix-wave',
    parents: read.map(({ ref }) => ref),
    configHash: run.configHash,
    policy: null,
    shards: [outcomes],
    summary: { ...countWave(outcomes), failures: countFailures(outcomes).map((entry) => ({ ...entry })) },
  });
}

async function readWaves({ store }: RunServices, run: RunRef, waves: number) {
  const read = await Promise.all(
    Array.from({ length: waves }, (_, wave) =>
      readArtifact<SlotOutcome>(store, shardName(skillmixFolder(run.runName), 'waves', wave)),
    ),
  );
  return { parents: read.map(({ ref }) => ref), outcomes: read.flatMap(({ rows }) => rows) };
}

async function readKnown({ store }: RunServices, run: RunRef, batches: number): Promise<ReadonlySet<string>> {
  const read = await Promise.all(
    Array.from({ length: batches }, (_, batch) =>
      readArtifact<SynthesisRow>(store, synthesisShardName(run.runName, 'kept', batch)),
    ),
  );
  return new Set(read.flatMap(({ rows }) => rows.map(({ messages }) => messageKey(messages[0]?.content ?? ''))));
}

function countWave(outcomes: readonly SlotOutcome[]): WaveCounts {
  return {
    pairs: outcomes.length,
    kept: outcomes.filter(({ failed }) => failed === null).length,
    failures: countFailures(outcomes),
  };
}

import type { GivenInventory } from '../../inputs/given-inventory.ts';
import type { SkillmixConfig } from '../../configs/schema/skillmix.ts';
import { addProgress } from '../../domain/activity-progress.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import { skillmixName } from '../../domain/artifact-names.ts';
import { DataError } from '../../domain/errors.ts';
import {
  addCounts,
  drawnUsage,
  NO_COUNTS,
  type DrawnUsage,
  type RolloutCounts,
  type RunRef,
} from '../../domain/run.ts';
import { mapRows } from '../../domain/skillmix/extraction.ts';
import {
  countNames,
  mergeTwins,
  type InventoryCounts,
  type InventorySummary,
  type Skill,
} from '../../domain/skillmix/inventory.ts';
import type { QueryType } from '../../domain/skillmix/query-types.ts';
import { startHeartbeats } from '../heartbeats.ts';
import { readArtifact, refOf } from '../artifacts/read-artifact.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';
import { askedName, askInventory } from './ask-inventory.ts';
import { beginProgress, type CallProgress } from './call-progress.ts';
import { mergeSkills, vectorsName } from './merge-skills.ts';

/** What the inventory came to. */
export interface BuiltInventory {
  readonly skills: number;
  readonly queryTypes: number;
  /** Of the calls that it took. */
  readonly counts: RolloutCounts;
}

/** Makes the inventory of a run, once: by asking, from a data set, from files, or from another run. */
export function createBuildInventoryActivities(provider: RunServicesProvider) {
  return {
    /** @throws DataError `data/too-few-skills` with what was dropped and what to do */
    async buildInventory({ run }: { readonly run: RunRef }): Promise<BuiltInventory> {
      const services = await provider.of(run);
      const { store } = services;
      const config = configOfLoop(services.config, 'skillmix');
      if ((await store.find(skillmixName(run.runName, 'inventory'))) === undefined) {
        await (config.inventory.source === 'run'
          ? adopt(services, run, config.inventory.run)
          : build(services, run, config));
      }
      const skills = await store.find(skillmixName(run.runName, 'inventory'));
      const types = await store.find(skillmixName(run.runName, 'query-types'));
      const calls = await Promise.all([askedName(run), vectorsName(run)].map((name) => store.find(name)));
      return {
        skills: skills?.rows ?? 0,
        queryTypes: types?.rows ?? 0,
        counts: calls
          .flatMap((manifest) => (manifest === undefined ? [] : drawnUsage(manifest.summary as unknown as DrawnUsage)))
          .reduce(addCounts, NO_COUNTS),
      };
    },
  };
}

async function adopt({ store }: RunServices, run: RunRef, from: string): Promise<void> {
  const lineage = { step: 'build-inventory', configHash: run.configHash, policy: null } as const;
  for (const [step, schema] of [
    ['query-types', 'query-type'],
    ['inventory', 'skill'],
  ] as const) {
    const { ref, rows, manifest } = await readArtifact<Skill | QueryType>(store, skillmixName(from, step));
    const name = skillmixName(run.runName, step);
    await store.write({ ...lineage, name, schema, parents: [ref], shards: [rows], summary: manifest.summary });
  }
}

async function build(services: RunServices, run: RunRef, config: SkillmixConfig): Promise<void> {
  const progress = { asked: beginProgress(), embedded: beginProgress() };
  const stopHeartbeats = startHeartbeats(() => addProgress(progress.asked, progress.embedded));
  try {
    await make(services, run, config, progress);
  } finally {
    stopHeartbeats();
  }
}

async function make(
  services: RunServices,
  run: RunRef,
  config: SkillmixConfig,
  progress: { readonly asked: CallProgress; readonly embedded: CallProgress },
): Promise<void> {
  const { store } = services;
  const { inventory } = config;
  if (inventory.source === 'run') throw new Error('The inventory of another run is adopted, not built.');
  const given = await readArtifact<GivenInventory>(store, skillmixName(run.runName, 'given'));
  const [givenRow = { named: [], queryTypes: [] }] = given.rows;
  const extraction = await askInventory(services, run, config, givenRow, progress.asked);
  const asked = await store.find(askedName(run));
  const parents = [given.ref, ...(asked === undefined ? [] : [refOf(asked)])];
  const names = countNames(extraction.named, extraction.topics);
  const { twinOf, mergedBy, notEmbedded, vectors } = await mergeSkills(services, {
    run,
    merge: inventory.merge,
    skills: names.skills,
    parents,
    progress: progress.embedded,
  });
  const { skills, counts } = mergeTwins(names, twinOf);
  requireEnough(config, counts, extraction.queryTypes.length);
  const lineage = { step: 'build-inventory', configHash: run.configHash, policy: null } as const;
  await store.write({
    ...lineage,
    name: skillmixName(run.runName, 'query-types'),
    schema: 'query-type',
    parents,
    shards: [extraction.queryTypes],
    summary: {},
  });
  if (extraction.rows.length > 0) {
    await store.write({
      ...lineage,
      name: skillmixName(run.runName, 'row-skills'),
      schema: 'row-skills',
      parents: [...parents, ...vectors],
      shards: [mapRows(extraction.rows, extraction.groups, skills)],
      summary: {},
    });
  }
  const groupRounds = extraction.groupRounds.map((round) => ({ ...round }));
  const summary = { ...counts, mergedBy, notEmbedded, groupRounds } satisfies InventorySummary;
  // Last, since whoever finds it takes the others for written.
  await store.write({
    ...lineage,
    name: skillmixName(run.runName, 'inventory'),
    schema: 'skill',
    parents: [...parents, ...vectors],
    shards: [skills],
    summary,
  });
}

function requireEnough({ draw, inventory }: SkillmixConfig, counts: InventoryCounts, queryTypes: number): void {
  const wanted = Math.max(...draw.skills);
  const drops = `${counts.named} were named; ${counts.notNames} are no names, ${counts.topicNames} are topics, ${counts.repeats} repeat another, ${counts.nearDuplicates} were merged`;
  const advice = [
    inventory.source === 'files'
      ? 'Add skills to the file'
      : 'Name a larger teacher, ask for more, or give skills in a file (inventory.source: files)',
    ...(counts.nearDuplicates === 0 ? [] : ['merge fewer names (inventory.merge)']),
  ].join(', or ');
  if (counts.skills < wanted) {
    throw new DataError(
      'data/too-few-skills',
      `The inventory has ${counts.skills} skill(s) and draw.skills asks for ${wanted} different ones in a row: ${drops}. ${advice}, and choose another --name.`,
    );
  }
  if (queryTypes === 0) {
    throw new DataError(
      'data/too-few-skills',
      'The teacher wrote no query type that could be read: name a file of them (inventory.queryTypes: configs/data/skillmix-query-types.md), and choose another --name.',
    );
  }
}

import { cancellationSignal } from '@temporalio/activity';
import type { GivenInventory } from '../../inputs/given-inventory.ts';
import { samplingParameters } from '../calls/policy-calls.ts';
import type { SkillmixConfig } from '../../configs/schema/skillmix.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import { promptSetPrefix, shardName, skillmixFolder, skillmixName } from '../../domain/artifact-names.ts';
import { DataError } from '../../domain/errors.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import { renderInstruction } from '../../domain/render-instruction.ts';
import { NO_COUNTS, type RolloutCounts, type RunRef } from '../../domain/run.ts';
import { mapRows, type AskedReply, type Extraction } from '../../domain/skillmix/extraction.ts';
import { settleSkills, type InventoryCounts, type Skill } from '../../domain/skillmix/inventory.ts';
import type { QueryType } from '../../domain/skillmix/query-types.ts';
import { askQueryTypes, extractByRow, extractByTopic } from './extract-skills.ts';
import { startHeartbeats } from '../heartbeats.ts';
import { isRefused, type RefusedCall } from '../calls/paid-calls.ts';
import { readArtifact, refOf } from '../artifacts/read-artifact.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';
import { readInventoryTemplates } from './prompts.ts';
import type { WriterAnswer } from '../calls/writer-calls.ts';

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
      const asked = await store.find(askedName(run));
      return {
        skills: skills?.rows ?? 0,
        queryTypes: types?.rows ?? 0,
        counts: { ...NO_COUNTS, ...(asked?.summary as Partial<RolloutCounts> | undefined) },
      };
    },
  };
}

const askedName = (run: RunRef): string => shardName(skillmixFolder(run.runName), 'asked', 0);

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
  const { store } = services;
  if (config.inventory.source === 'run') throw new Error('The inventory of another run is adopted, not built.');
  const given = await readArtifact<GivenInventory>(store, skillmixName(run.runName, 'given'));
  const extraction = await extract(services, run, config, given.rows[0] ?? { named: [], queryTypes: [] });
  const { skills, counts } = settleSkills(extraction.named, extraction.topics, config.inventory.minSimilarity);
  requireEnough(config, counts, extraction.queryTypes.length);
  const asked = await store.find(askedName(run));
  const lineage = {
    step: 'build-inventory',
    parents: [given.ref, ...(asked === undefined ? [] : [refOf(asked)])],
    configHash: run.configHash,
    policy: null,
  } as const;
  await store.write({
    ...lineage,
    name: skillmixName(run.runName, 'query-types'),
    schema: 'query-type',
    shards: [extraction.queryTypes],
    summary: {},
  });
  if (extraction.rows.length > 0) {
    await store.write({
      ...lineage,
      name: skillmixName(run.runName, 'row-skills'),
      schema: 'row-skills',
      shards: [mapRows(extraction.rows, extraction.groups, skills)],
      summary: {},
    });
  }
  // Last, since whoever finds it takes the others for written.
  await store.write({
    ...lineage,
    name: skillmixName(run.runName, 'inventory'),
    schema: 'skill',
    shards: [skills],
    summary: { ...counts },
  });
}

function requireEnough({ draw, inventory }: SkillmixConfig, counts: InventoryCounts, queryTypes: number): void {
  const wanted = Math.max(...draw.skills);
  const drops = `${counts.named} were named; ${counts.notNames} are no names, ${counts.topicNames} are topics, ${counts.repeats} repeat another, ${counts.nearDuplicates} were merged`;
  const advice =
    inventory.source === 'files'
      ? 'Add skills to the file'
      : 'Name a larger teacher, ask for more, or give skills in a file (inventory.source: files)';
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

/** Asks for what is not given; the replies are kept. */
async function extract(
  services: RunServices,
  run: RunRef,
  { inventory, sampling, seed }: SkillmixConfig,
  given: GivenInventory,
): Promise<Extraction> {
  const nothing: Extraction = { topics: [], ...given, rows: [], groups: new Map() };
  if (inventory.source === 'files' || inventory.source === 'run') return nothing;
  if (services.skillmix === undefined) throw new Error('The run has no teacher.');
  const signal = cancellationSignal();
  const progress = { done: 0, total: 0, calls: 0, promptTokens: 0, completionTokens: 0, reported: 0 };
  const replies: AskedReply[] = [];
  const ledger = await services.ledgers.open(askedName(run));
  const stopHeartbeats = startHeartbeats(() => progress);
  const calls = {
    teacher: {
      seat: services.skillmix.teacher,
      ledger,
      signal,
      count: (answer: WriterAnswer | RefusedCall) => {
        progress.calls += 1;
        if (isRefused(answer)) return;
        progress.promptTokens += answer.promptTokens ?? 0;
        progress.completionTokens += answer.completionTokens ?? 0;
        if (answer.promptTokens !== null && answer.completionTokens !== null) progress.reported += 1;
      },
    },
    seed,
    sampling: { ...samplingParameters(sampling), maxTokens: inventory.maxTokens },
    output: inventory.output,
    attempts: inventory.attempts,
    log: (reply: AskedReply) => replies.push(reply),
  };
  try {
    const templates = await readInventoryTemplates();
    const found =
      inventory.source === 'asked'
        ? await extractByTopic(calls, templates, inventory)
        : await extractByRow(calls, templates, inventory, await readRows(services, run));
    const queryTypes =
      given.queryTypes.length > 0 ? given.queryTypes : await askQueryTypes(calls, templates, inventory.askedTypes);
    const { calls: made, promptTokens, completionTokens, reported } = progress;
    await services.store.write({
      name: askedName(run),
      schema: 'asked-reply',
      step: 'build-inventory',
      parents: [],
      configHash: run.configHash,
      policy: null,
      shards: [replies.toSorted(byPlace)],
      summary: { calls: made, promptTokens, completionTokens, unreportedUsage: made - reported },
    });
    return { ...nothing, ...found, queryTypes };
  } finally {
    stopHeartbeats();
    await ledger.close();
  }
}

/** Calls come back in any order; the artifact has one. */
function byPlace(a: AskedReply, b: AskedReply): number {
  const [first, second] = [a, b].map(({ step, subject }) => `${step} ${subject}`);
  return first === second ? a.attempt - b.attempt : (first ?? '') < (second ?? '') ? -1 : 1;
}

async function readRows({ store }: RunServices, run: RunRef) {
  const folder = `${promptSetPrefix(run.runName, 'prompts')}/prompts`;
  const shards = await Promise.all(
    (await store.list(`${folder}/`)).map((name) => readArtifact<PromptRow>(store, name)),
  );
  return shards.flatMap(({ rows }) =>
    rows.map(({ promptId, messages }) => ({ rowId: promptId, instruction: renderInstruction(messages) })),
  );
}

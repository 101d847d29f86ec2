import { hashJson } from '../../clients/content-hash.ts';
import { isOperational, runIdentity } from '../../configs/run-identity.ts';
import type { RunConfig } from '../../configs/schema/run-config.ts';
import { longestCompletion } from '../../configs/stage-sampling.ts';
import type { ArtifactRef } from '../../domain/artifact.ts';
import { promptSetPrefix, shardName } from '../../domain/artifact-names.ts';
import type { JsonValue } from '../../domain/canonical-json.ts';
import { ArtifactError, ConfigError, ModelServerError } from '../../domain/errors.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import type { OpenedRun, PromptSet, PromptSetName, RunRef } from '../../domain/run.ts';
import { partition } from '../../domain/shards.ts';
import { checkPromptSets, isVerifiable, rowsWithItems } from '../../inputs/check-prompt-sets.ts';
import { readPromptSets } from '../../inputs/read-prompt-sets.ts';
import { checkBaseModel } from './check-base-model.ts';
import { prepareBolt, recordBolt, type OpenedBolt } from '../bolt/open-bolt.ts';
import { prepareMagpie, recordMagpie, type OpenedMagpie } from '../magpie/open-magpie.ts';
import { prepareComparison, recordComparison, type OpenedComparison } from '../wildbench/open-wildbench.ts';
import { datasetReader } from './read-dataset.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import { PAIR_PROMPTS, prepareSkillmix, recordSkillmix, type OpenedSkillmix } from '../skillmix/open-skillmix.ts';
import { findLabel, isBaseLabel, isLabelOfRun } from '../serving/weight-label.ts';
import { configArtifactName, type RunServices, type RunServicesProvider } from '../run-services.ts';

export interface OpenRunInput {
  readonly run: RunRef;
  readonly config: RunConfig;
}

/** Everything that can be known to be wrong before a call is paid for; then the config as the run's first artifact. */
export function createOpenRunActivities(provider: RunServicesProvider) {
  return {
    async openRun({ run, config }: OpenRunInput): Promise<OpenedRun> {
      const services = provider.fromConfig(run, config);
      const { sets, datasets } = await readPromptSets(datasetReader(services.store), config);
      const rows = [...sets.values()].flat();
      checkPromptSets(sets, config);
      if (config.loop === 'online-dpo' && config.training !== null) await checkBaseModel(config);
      await checkSpace(services, run);
      if (asksPolicy(config)) {
        await checkServer(services, rows);
        await checkWeights(services, run);
      }
      const comparison = config.loop === 'wildbench' ? await prepareComparison(services, run, config, rows) : undefined;
      const bolt =
        config.loop === 'bolt'
          ? await prepareBolt(services, config, { heldOut: sets.get('held-out') ?? [], tasks: sets.get('tasks') ?? [] })
          : undefined;
      const skillmix = config.loop === 'skillmix' ? await prepareSkillmix(services, config) : undefined;
      const magpie = config.loop === 'magpie' ? await prepareMagpie(services, config) : undefined;
      await recordIdentity(services, run, {
        sets,
        others: [...storedAnswers(comparison), ...filesOf(bolt), ...inventoryOf(skillmix), ...magpieFiles(magpie)],
        datasets: [...datasets.values(), ...(bolt?.datasets ?? []), ...(skillmix?.adopted ?? [])],
      });
      await recordConfig(services, run, config);
      if (comparison !== undefined) await recordComparison(services, run, comparison);
      if (skillmix !== undefined) await recordSkillmix(services, run, skillmix);
      if (magpie !== undefined) await recordMagpie(services, run, magpie);
      const recorded: Partial<Record<PromptSetName, PromptSet>> = {};
      if (bolt !== undefined) recorded.collected = await recordBolt(services, run, bolt);
      for (const [name, set] of sets) {
        const dataset = datasets.get(name);
        recorded[name] = await recordPrompts(services, run, { name, rows: set, parents: dataset ? [dataset] : [] });
      }
      return {
        basePolicy: { round: 0, servedModel: config.policy.model, adapterHash: null, adapterPath: null },
        sets: recorded,
        measurable: services.judges.gold !== undefined || rowsWithItems(sets).every(isVerifiable),
      };
    },
  };
}

async function checkSpace({ store, config }: RunServices, run: RunRef): Promise<void> {
  const free = (await store.freeBytes()) / 2 ** 20;
  if (free < config.store.minFreeMb) {
    throw new ArtifactError(
      'artifact/no-space',
      `${run.storeRoot} has ${Math.floor(free)} MiB free and store.minFreeMb asks for ${config.store.minFreeMb}: free some space or move store.root.`,
    );
  }
}

/** Where another model writes and nobody judges, the policy is not asked for anything. */
function asksPolicy(config: RunConfig): boolean {
  return config.loop !== 'skillmix' || config.teacher === 'self' || config.generation.gate?.judge === 'self';
}

async function checkServer({ policy: server, config }: RunServices, rows: readonly PromptRow[]): Promise<void> {
  await server.health();
  const models = await server.models();
  const { model, baseUrl } = config.policy;
  const served = models.find(({ id }) => id === model);
  if (served === undefined) {
    throw new ModelServerError(
      'unknown-model',
      `${baseUrl} does not serve policy.model "${model}"; it serves ${models.map(({ id }) => `"${id}"`).join(', ') || 'nothing'}: correct the name or the server.`,
    );
  }
  if (served.maxModelLen === null || rows.length === 0) return;
  const longest = rows.reduce((a, b) => (lengthChars(a) >= lengthChars(b) ? a : b));
  const promptTokens = (await server.tokenize(model, longest.messages)).length;
  const completionTokens = longestCompletion(config);
  if (promptTokens + completionTokens > served.maxModelLen) {
    throw new ModelServerError(
      'context-too-small',
      `Prompt "${longest.promptId}" has ${promptTokens} tokens and maxTokens is ${completionTokens}, more than the ${served.maxModelLen} tokens of context that ${baseUrl} serves: lower maxTokens, shorten the prompt or serve a longer context.`,
    );
  }
}

/**
 * Whole weights go by the name of the base model, so a server says by its label whose they are. A run that trains whole weights
 * may meet its own, and those of the run that it goes on from.
 */
async function checkWeights({ policy: server, replaced, config }: RunServices, { runName }: RunRef): Promise<void> {
  const label = replaced === undefined ? await findLabel(server) : await replaced.weights.label();
  if (label === undefined || isBaseLabel(label)) return;
  const own = [runName, ...('from' in config && config.from !== undefined ? [config.from] : [])];
  if (replaced !== undefined && own.some((name) => isLabelOfRun(label, name))) return;
  throw new ConfigError(
    'config/unusable',
    `${config.policy.baseUrl} holds the weights "${label}" of a run that trained whole weights, under the name of its base model: restart that server (here: tickloop down, then tickloop up), or name another.`,
  );
}

function lengthChars({ messages }: PromptRow): number {
  return messages.reduce((sum, { content }) => sum + content.length, 0);
}

/** Rows that a run depends on beside its prompts, by what they are. */
type NamedRows = readonly [name: string, rows: readonly object[]];

function storedAnswers(comparison: OpenedComparison | undefined): readonly NamedRows[] {
  return [...(comparison?.storedAnswers ?? [])].map(([name, rows]) => [`answers of ${name}`, rows]);
}

function filesOf(bolt: OpenedBolt | undefined): readonly NamedRows[] {
  if (bolt === undefined || bolt.collected.length === 0) return [];
  return [
    ['queries', bolt.collected],
    ['examples', bolt.library],
    ['references', bolt.references],
  ];
}

function inventoryOf(skillmix: OpenedSkillmix | undefined): readonly NamedRows[] {
  if (skillmix === undefined) return [];
  const { given, promptHash } = skillmix;
  return [
    ['skills', given.named],
    ['query types', given.queryTypes],
    [PAIR_PROMPTS, [{ promptHash }]],
  ];
}

/** The template and the prompts as they were written; what a template makes of them may change with the date. */
function magpieFiles(magpie: OpenedMagpie | undefined): readonly NamedRows[] {
  if (magpie === undefined) return [];
  const { template, steered, laterTurns } = magpie;
  const prompts = steered.map(({ key, system, weight }) => ({ key, system, weight }));
  return [['chat template and steering', [{ template, prompts, laterTurns: laterTurns?.system ?? null }]]];
}

/** All that a run is made from beside its config. */
interface RunMaterial {
  readonly sets: ReadonlyMap<PromptSetName, readonly PromptRow[]>;
  readonly others: readonly NamedRows[];
  /** Datasets of other runs that its prompts are from. */
  readonly datasets: readonly ArtifactRef[];
}

/** A name stands for one set of results: the same name with another config or other data is refused. */
async function recordIdentity(
  services: RunServices,
  run: RunRef,
  { sets, others, datasets }: RunMaterial,
): Promise<void> {
  const hashes = Object.fromEntries([
    ...[...sets, ...others].map(([set, rows]) => [set, hashRows(rows)] as const),
    ...datasets.map(({ name, contentHash }) => [name, contentHash] as const),
  ]);
  const identity = { config: runIdentity(services.config), ...hashes };
  const name = `${run.runName}/identity`;
  await services.store.write({
    name,
    schema: 'run-identity',
    step: 'open-run',
    parents: [],
    configHash: run.configHash,
    policy: null,
    shards: [[identity]],
    summary: {},
  });
  const [first] = (await readArtifact<typeof identity>(services.store, name)).rows;
  const changed = differingFields(first ?? null, identity, '')
    .filter((field) => !isOperational(field))
    .join(', ');
  if (changed === '') return;
  throw new ConfigError(
    'config/run-exists',
    `Run "${run.runName}" exists with other settings (${changed}): choose another --name, or undo the change to go on with it.`,
  );
}

function hashRows(rows: readonly object[]): string {
  return hashJson(JSON.parse(JSON.stringify(rows)) as JsonValue);
}

function differingFields(a: JsonValue, b: JsonValue, path: string): readonly string[] {
  const isObject = (value: JsonValue): value is { readonly [key: string]: JsonValue } =>
    value !== null && typeof value === 'object' && !Array.isArray(value);
  if (!isObject(a) || !isObject(b)) return JSON.stringify(a) === JSON.stringify(b) ? [] : [path];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.flatMap((key) => differingFields(a[key] ?? null, b[key] ?? null, path === '' ? key : `${path}.${key}`));
}

async function recordConfig({ store }: RunServices, run: RunRef, config: RunConfig): Promise<void> {
  await store.write({
    name: configArtifactName(run),
    schema: 'run-config',
    step: 'open-run',
    parents: [],
    configHash: run.configHash,
    policy: null,
    shards: [[{ config }]],
    summary: {},
  });
}

interface RecordedPrompts {
  readonly name: PromptSetName;
  readonly rows: readonly PromptRow[];
  readonly parents: readonly ArtifactRef[];
}

async function recordPrompts(
  { store, config }: RunServices,
  run: RunRef,
  { name, rows, parents }: RecordedPrompts,
): Promise<PromptSet> {
  const shards = partition(rows, config.shards.rows);
  await Promise.all(
    shards.map((shard, index) =>
      store.write({
        name: shardName(promptSetPrefix(run.runName, name), 'prompts', index),
        schema: 'prompt',
        step: 'open-run',
        parents,
        configHash: run.configHash,
        policy: null,
        shards: [shard],
        summary: {},
      }),
    ),
  );
  return { shards: shards.length, rows: rows.length };
}

import { hashJson } from '../../clients/content-hash.ts';
import type { SkillmixConfig } from '../../configs/schema/skillmix.ts';
import type { ArtifactRef } from '../../domain/artifact.ts';
import { skillmixName } from '../../domain/artifact-names.ts';
import { ConfigError, ModelServerError } from '../../domain/errors.ts';
import type { RunRef } from '../../domain/run.ts';
import type { PairPrompts } from '../../domain/skillmix/chat.ts';
import type { QueryType } from '../../domain/skillmix/query-types.ts';
import { readGivenInventory, type GivenInventory } from '../../inputs/given-inventory.ts';
import { countChat } from './fit-examples.ts';
import { checkEndpoints } from '../runs/check-endpoints.ts';
import { readArtifact, refOf } from '../artifacts/read-artifact.ts';
import type { RunServices } from '../run-services.ts';
import { readPairMaterial } from './prompts.ts';

/** What Instruct-SkillMix needs beside its config. */
export interface OpenedSkillmix {
  readonly given: GivenInventory;
  /** sha256 (hex) over all prompts of pairs: a run never mixes two versions. */
  readonly promptHash: string;
  /** The inventory of another run, where the config names one: its skills and its types. */
  readonly adopted: readonly ArtifactRef[];
}

/**
 * Checks everything that can be known to be wrong before a call is paid for: files, another run's inventory, and whether
 * the longest chat fits the teacher's context without any example.
 *
 * @throws DataError with file and line; ConfigError `config/unusable`; ModelServerError
 */
export async function prepareSkillmix(services: RunServices, config: SkillmixConfig): Promise<OpenedSkillmix> {
  const given = await readGivenInventory(config);
  const embedder = services.skillmix?.embedder ?? null;
  if (embedder !== null) await checkEndpoints([embedder.endpoint]);
  const adopted = config.inventory.source === 'run' ? await findInventory(services, config.inventory.run) : [];
  if (config.inventory.source === 'run') await refuseSharedCombinations(services, config.draw, config.inventory.run);
  const material = await readPairMaterial();
  await checkChatFits(services, config, given);
  return { given, promptHash: material.hash, adopted };
}

/** Under what a run's identity holds the prompts of its pairs. */
export const PAIR_PROMPTS = 'pair prompts';

/**
 * A run that goes on after its prompts were changed would mix two versions.
 *
 * @throws ConfigError `config/run-exists`
 */
export async function refuseOtherPrompts({ store }: RunServices, run: RunRef, promptHash: string): Promise<void> {
  const [identity] = (await readArtifact<Readonly<Record<string, unknown>>>(store, `${run.runName}/identity`)).rows;
  if (identity?.[PAIR_PROMPTS] === hashJson([{ promptHash }])) return;
  throw new ConfigError(
    'config/run-exists',
    `Run "${run.runName}" was opened with other prompts of pairs than prompts/skillmix-*.md hold now: undo the change and start the worker again to go on with it, or choose another --name.`,
  );
}

/** Keeps what was given, so that a file that changes later changes nothing. */
export async function recordSkillmix({ store }: RunServices, run: RunRef, { given }: OpenedSkillmix): Promise<void> {
  await store.write({
    name: skillmixName(run.runName, 'given'),
    schema: 'given-inventory',
    step: 'open-run',
    parents: [],
    configHash: run.configHash,
    policy: null,
    shards: [[given]],
    summary: {},
  });
}

async function findInventory({ store }: RunServices, runName: string): Promise<readonly ArtifactRef[]> {
  const found = [
    await store.find(skillmixName(runName, 'inventory')),
    await store.find(skillmixName(runName, 'query-types')),
  ];
  return found.map((manifest) => {
    if (manifest !== undefined) return refOf(manifest);
    throw new ConfigError(
      'config/unusable',
      `inventory.run names run "${runName}", and this run's store has no inventory of it: correct the name, or let that run make its inventory first, with the same store.root.`,
    );
  });
}

/** Parts nest: what a training run leaves out has to hold all that the other one draws. */
async function refuseSharedCombinations({ store }: RunServices, draw: SkillmixConfig['draw'], runName: string) {
  const identity = await readArtifact<{ readonly config: Partial<SkillmixConfig> }>(store, `${runName}/identity`);
  const other = identity.rows[0]?.config.draw;
  if (other === undefined || other.part === draw.part) return;
  const [training, heldOut] = draw.part === 'train' ? [draw, other] : [other, draw];
  if (training.heldOutShare >= heldOut.heldOutShare) return;
  throw new ConfigError(
    'config/unusable',
    `draw.heldOutShare is ${draw.heldOutShare} here and ${other.heldOutShare} in run "${runName}", whose inventory is taken over: the rows for training leave out only ${training.heldOutShare} of all combinations, so that held-out ones would be among them. Give both runs the same share.`,
  );
}

/** Stands for a type that the teacher has yet to write. */
const SOME_TYPE: QueryType = {
  id: 'some_type',
  name: 'Asking for something',
  definition: 'the sender has a purpose of their own and tells what it is in a sentence of about this length.',
  examples: ['A message of about the length that one may expect here, with a question?', 'Another one of that kind.'],
};

async function checkChatFits(services: RunServices, config: SkillmixConfig, given: GivenInventory): Promise<void> {
  const seats = services.skillmix;
  if (seats === undefined) throw new Error('The run has no teacher.');
  const material = await readPairMaterial();
  const size = Math.max(...config.draw.skills);
  const prompts: PairPrompts = {
    templates: material.templates,
    output: config.generation.output,
    responseWords: config.generation.responseWords,
    skills: Array.from({ length: size }, () => 'a_skill_of_some_words'),
    queryType: given.queryTypes.toSorted((a, b) => lengthOf(b) - lengthOf(a))[0] ?? SOME_TYPE,
  };
  const room = { config, material, teacher: { seat: seats.teacher, signal: new AbortController().signal } };
  const chat = await countChat(room, prompts, []);
  if (chat === null || chat.tokens <= chat.context) return;
  throw new ModelServerError(
    'context-too-small',
    `The chat of a pair may have ${chat.tokens} tokens without any example, more than the ${chat.context} of the teacher "${seats.teacher.name}": lower sampling.maxTokens (counted for draft and refined pair) or generation.critiqueMaxTokens, or serve a longer context.`,
  );
}

function lengthOf({ definition, examples }: QueryType): number {
  return definition.length + examples.join('').length;
}

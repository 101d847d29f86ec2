import { cancellationSignal } from '@temporalio/activity';
import { setImmediate as giveWay } from 'node:timers/promises';
import type { SkillMerge } from '../../configs/schema/skill-inventory.ts';
import type { ArtifactRef } from '../../domain/artifact.ts';
import { shardName, skillmixFolder } from '../../domain/artifact-names.ts';
import type { RunRef } from '../../domain/run.ts';
import type { Skill } from '../../domain/skillmix/inventory.ts';
import { mergeByLetters } from '../../domain/skillmix/merge-by-letters.ts';
import { createMeaningMerge } from '../../domain/skillmix/merge-by-meaning.ts';
import { inWords } from '../../domain/skillmix/skill-name.ts';
import { isRefused, type RefusedCall } from '../calls/paid-calls.ts';
import type { RunServices } from '../run-services.ts';
import { embedTexts, encodeVector, type EmbeddingAnswer } from '../synthesis/embed-texts.ts';
import { openVectorIndex } from '../synthesis/open-vector-index.ts';
import { countCall, type CallProgress } from './call-progress.ts';

/** Which names stand for which. */
export interface MergedNames {
  /** The name that stays, by each that does not. */
  readonly twinOf: ReadonlyMap<string, string>;
  /** `letters`, or the embedding model. */
  readonly mergedBy: string;
  readonly notEmbedded: number;
  /** The vectors that this was decided by, where there are any. */
  readonly vectors: readonly ArtifactRef[];
}

/** What names are merged for. */
export interface MergeTask {
  readonly run: RunRef;
  readonly merge: SkillMerge;
  /** Most frequent first. */
  readonly skills: readonly Skill[];
  /** What the names were made from. */
  readonly parents: readonly ArtifactRef[];
  readonly progress: CallProgress;
}

/** Where the vectors of names are kept, and the ledger of their calls. */
export function vectorsName(run: RunRef): string {
  return shardName(skillmixFolder(run.runName), 'vectors', 0);
}

/**
 * Finds the names of one skill, by their spelling or by an embedding model, which is asked through the ledger.
 *
 * @throws ModelServerError; DataError `data/mixed-scorers`
 */
export async function mergeSkills(services: RunServices, task: MergeTask): Promise<MergedNames> {
  const { merge, skills } = task;
  if (merge.by === 'letters') {
    const names = skills.map(({ name }) => name);
    return {
      twinOf: mergeByLetters(names, merge.minSimilarity),
      mergedBy: 'letters',
      notEmbedded: 0,
      vectors: [],
    };
  }
  const vectors = await embedNames(services, task, merge);
  return {
    twinOf: await compareNames(skills, vectors, merge),
    mergedBy: merge.by.model,
    notEmbedded: skills.length - vectors.size,
    vectors: [await keepVectors(services, task, merge.by.model, vectors)],
  };
}

type MergeByMeaning = Exclude<SkillMerge, { readonly by: 'letters' }>;
type Vectors = ReadonlyMap<string, Float32Array>;

async function embedNames(
  { skillmix, ledgers }: RunServices,
  { run, skills, progress }: MergeTask,
  { by }: MergeByMeaning,
): Promise<Vectors> {
  const seat = skillmix?.embedder ?? null;
  if (seat === null) throw new Error('The run has no embedding model.');
  progress.total += skills.length;
  const ledger = await ledgers.open(vectorsName(run));
  try {
    const calls = {
      seat,
      config: by,
      ledger,
      signal: cancellationSignal(),
      count: (answer: EmbeddingAnswer | RefusedCall) => {
        progress.done += 1;
        // A refusal costs nothing, and an embedding model writes nothing.
        countCall(progress, { promptTokens: isRefused(answer) ? 0 : answer.promptTokens, completionTokens: 0 });
      },
    };
    // As a reader would have it: the model was not trained on names of variables.
    return await embedTexts(
      calls,
      skills.map(({ name, label }) => ({ id: name, text: inWords(label) })),
    );
  } finally {
    await ledger.close();
  }
}

/** One at a time: a search holds up all else on this thread. */
async function compareNames(
  skills: readonly Skill[],
  vectors: Vectors,
  { by, maxDistance }: MergeByMeaning,
): Promise<ReadonlyMap<string, string>> {
  const signal = cancellationSignal();
  const [first] = vectors.values();
  if (first === undefined) return new Map();
  const index = openVectorIndex({
    model: by.model,
    what: 'name',
    dimensions: first.length,
    repeatBelow: maxDistance,
  });
  const mergeNext = createMeaningMerge(index, maxDistance);
  const twinOf = new Map<string, string>();
  for (const { name } of skills) {
    const vector = vectors.get(name);
    const kept = vector === undefined ? null : mergeNext(name, vector);
    if (kept !== null) twinOf.set(name, kept);
    await giveWay();
    signal.throwIfAborted();
  }
  return twinOf;
}

async function keepVectors(
  { store }: RunServices,
  { run, skills, parents, progress }: MergeTask,
  model: string,
  vectors: Vectors,
): Promise<ArtifactRef> {
  const { calls, promptTokens, completionTokens, reported } = progress;
  return store.write({
    name: vectorsName(run),
    schema: 'skill-vector',
    step: 'build-inventory',
    parents,
    configHash: run.configHash,
    policy: null,
    shards: [
      skills.flatMap(({ name }) => {
        const vector = vectors.get(name);
        return vector === undefined ? [] : [{ name, vector: encodeVector(vector) }];
      }),
    ],
    summary: {
      model,
      calls,
      promptTokens,
      completionTokens,
      silentCalls: calls,
      uncountedCalls: calls - reported,
      unreportedUsage: calls - reported,
    },
  });
}

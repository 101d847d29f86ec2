import type { Curated, CuratedQuery, DroppedQuery, DropReason } from './bolt-query.ts';
import { difficultyOf, DIFFICULTY_CRITERIA, isHard, type DifficultyLabels } from './difficulty.ts';
import type { LabelReply } from './label-reply.ts';

/** Label replies by query; a query that nobody labelled has none. */
export type LabelReplies<Label> = ReadonlyMap<string, LabelReply<Label>>;

/**
 * Keeps the hard queries. One whose labels could not be read is left out for that, not for being easy.
 *
 * @param minDifficulty in [0, 7]; the paper keeps 5 and more
 * @source BOLT (arXiv 2502.03860) §3.1.2
 */
export function keepHard<Query extends CuratedQuery>(
  queries: readonly Query[],
  replies: LabelReplies<DifficultyLabels>,
  minDifficulty: number,
): Curated<Query & { readonly difficulty: DifficultyLabels }> {
  const labelled = addLabels(queries, replies, 'difficulty-unread', (difficulty) => ({ difficulty }));
  return {
    kept: labelled.kept.filter(({ difficulty }) => isHard(difficulty, minDifficulty)),
    dropped: [
      ...labelled.kept
        .filter(({ difficulty }) => !isHard(difficulty, minDifficulty))
        .map(({ promptId, difficulty }): DroppedQuery => ({
          promptId,
          reason: 'too-easy',
          detail: `${difficultyOf(difficulty)} of ${DIFFICULTY_CRITERIA.length}, min ${minDifficulty}`,
        })),
      ...labelled.dropped,
    ],
  };
}

/** Files each query under the topic that it was given. @source BOLT (arXiv 2502.03860) §3.1.2: one topic a query */
export function fileByTopic<Query extends CuratedQuery>(
  queries: readonly Query[],
  replies: LabelReplies<string>,
): Curated<Query & { readonly topic: string }> {
  return addLabels(queries, replies, 'topic-unread', (topic) => ({ topic }));
}

function addLabels<Query extends CuratedQuery, Label, Field>(
  queries: readonly Query[],
  replies: LabelReplies<Label>,
  reason: DropReason,
  toField: (label: Label) => Field,
): Curated<Query & Field> {
  const kept: (Query & Field)[] = [];
  const dropped: DroppedQuery[] = [];
  for (const query of queries) {
    const reply = replies.get(query.promptId);
    if (reply?.ok === true) kept.push({ ...query, ...toField(reply.label) });
    else {
      const detail = reply === undefined ? 'no reply' : `${reply.cause}: ${reply.detail}`;
      dropped.push({ promptId: query.promptId, reason, detail });
    }
  }
  return { kept, dropped };
}

import { repeatedShare, wordGrams, wordsOf } from '../bolt/word-grams.ts';
import { countCodePoints } from '../wildbench/code-points.ts';
import { pointOf, type FilterPoint, type FilterRule } from './filter-rule.ts';
import { longestLoop } from './longest-loop.ts';
import { isRefusal } from './refusal.ts';
import { queryOf, repliesOf } from './row-texts.ts';
import { DIFFICULTIES, INPUT_QUALITIES, type DroppedRow, type SynthesisRow } from './synthesis-row.ts';
import { isUserVoiced } from './user-voice.ts';

/** Words in a run that counts as repeated. */
const LOOP_GRAM_WORDS = 6;
/** A colon of any script, and what may stand behind it: blanks, quotes and marks of emphasis. */
const TRAILING_COLON = /[:：][\s"'”’*_`]*$/;

/** Drops each row at the first rule of a point that it does not meet; rows that were dropped before stay as they are. */
export function filterRows(
  rows: readonly SynthesisRow[],
  rules: readonly FilterRule[],
  point: FilterPoint,
): readonly SynthesisRow[] {
  return rows.map((row) => {
    const dropped = row.dropped === undefined ? findBroken(row, rules, point) : null;
    return dropped === null ? row : { ...row, dropped };
  });
}

/** The first rule of a point that a row does not meet; `null` where it meets them all. */
export function findBroken(row: SynthesisRow, rules: readonly FilterRule[], point: FilterPoint): DroppedRow | null {
  for (const rule of rules) {
    if (pointOf(rule) !== point) continue;
    const reason = checkRow(row, rule);
    if (reason !== null) return { by: rule.kind, reason };
  }
  return null;
}

/**
 * Why a row does not meet a rule, else `null`. A tag or a reward that is not there meets no rule that asks for it, under a
 * reason of its own ("unread", "unknown", "unscored"): it is neither good nor bad.
 */
function checkRow(row: SynthesisRow, rule: FilterRule): string | null {
  switch (rule.kind) {
    case 'quality':
      return checkRank(INPUT_QUALITIES, row.tags?.quality, rule.atLeast);
    case 'difficulty':
      return checkRank(DIFFICULTIES, row.tags?.difficulty, rule.atLeast);
    case 'category':
      return checkMember(row.tags?.category, rule.in, 'unread');
    case 'language':
      return checkMember(row.tags?.language, rule.in, 'unknown');
    case 'safe':
      return checkSafety(row);
    case 'neighbour-distance':
      return checkDistance(row, rule.above);
    case 'no-repeats':
      return checkRepeats(row);
    case 'no-trailing-colon':
      return TRAILING_COLON.test(queryOf(row)) ? 'ends with a colon' : null;
    case 'user-voiced':
      return isUserVoiced(queryOf(row)) ? null : "does not sound like a user's";
    case 'query-lines':
      return checkLines(row, rule);
    case 'query-chars':
      return checkChars(queryOf(row), rule);
    case 'reply-chars':
      return checkChars(repliesOf(row).join(''), rule);
    case 'reply-whole':
      return checkWhole(row);
    case 'reply-loops':
      return checkLoops(row, rule);
    case 'no-refusal':
      return repliesOf(row).some(isRefusal) ? 'refused' : null;
    case 'reward':
      return checkReward(row.rewards?.reward, rule);
    case 'reward-difference':
      return checkReward(row.rewards?.rewardDifference, rule);
  }
}

/** Ranks are those of the enumeration, never of the words. */
function checkRank<Rank extends string>(order: readonly Rank[], rank: Rank | null | undefined, atLeast: Rank) {
  if (rank === null || rank === undefined) return 'unread';
  return order.indexOf(rank) >= order.indexOf(atLeast) ? null : `below "${atLeast}"`;
}

function checkMember(value: string | null | undefined, allowed: readonly string[], unread: string): string | null {
  if (value === null || value === undefined) return unread;
  return allowed.includes(value) ? null : 'another';
}

function checkSafety({ tags }: SynthesisRow): string | null {
  const { safety } = tags ?? {};
  if (safety === null || safety === undefined) return 'unread';
  return safety.verdict === 'safe' ? null : 'unsafe';
}

/** The first query of a run has no neighbour, and meets every distance. */
function checkDistance({ neighbour }: SynthesisRow, above: number): string | null {
  if (neighbour === undefined) return 'not compared';
  return neighbour.minDistance === null || neighbour.minDistance > above ? null : `distance not above ${above}`;
}

function checkRepeats({ neighbour }: SynthesisRow): string | null {
  if (neighbour === undefined) return 'not compared';
  return neighbour.repeatCount === 0 ? null : 'repeats an earlier query';
}

function checkLines(
  row: SynthesisRow,
  { newlinesBelow, exceptCategories }: Extract<FilterRule, { kind: 'query-lines' }>,
): string | null {
  const category = row.tags?.category;
  if (typeof category === 'string' && exceptCategories.includes(category)) return null;
  return queryOf(row).split('\n').length - 1 < newlinesBelow ? null : `${newlinesBelow} newlines or more`;
}

function checkChars(text: string, { min, max }: { readonly min: number; readonly max: number }): string | null {
  const count = countCodePoints(text);
  if (count < min) return 'too short';
  return count > max ? 'too long' : null;
}

function checkWhole(row: SynthesisRow): string | null {
  const replies = repliesOf(row);
  if (replies.length === 0) return 'no reply';
  if (replies.some((reply) => reply.trim() === '')) return 'empty';
  const { replyFinish } = row;
  if (replyFinish === undefined || replyFinish === 'stop') return null;
  if (replyFinish === 'repetition') return 'loops';
  return replyFinish === 'length' ? 'truncated' : `ended with "${replyFinish}"`;
}

function checkLoops(
  row: SynthesisRow,
  { maxRepeatedShare, maxLoopShare }: Extract<FilterRule, { kind: 'reply-loops' }>,
): string | null {
  const replies = repliesOf(row);
  if (replies.some((reply) => longestLoop(reply) > maxLoopShare)) return 'loops';
  const repeats = replies.map((reply) => repeatedShare(wordGrams(wordsOf(reply), LOOP_GRAM_WORDS)));
  return repeats.some((share) => share > maxRepeatedShare) ? 'repeats itself' : null;
}

function checkReward(
  reward: number | null | undefined,
  { above, atLeast }: { readonly above?: number | undefined; readonly atLeast?: number | undefined },
): string | null {
  if (reward === null || reward === undefined) return 'unscored';
  if (above !== undefined && reward <= above) return `not above ${above}`;
  return atLeast !== undefined && reward < atLeast ? `below ${atLeast}` : null;
}

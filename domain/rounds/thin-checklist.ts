import type { Item } from '../checklist.ts';
import type { PromptRow } from '../prompt.ts';
import { deriveSeed } from '../random.ts';
import type { JudgedGroup } from '../rollout.ts';

/** Which items of a prompt a round leaves out; `null` for a rule that is off. */
export interface ThinningRules {
  /** Share of the items that is left out of a round by chance, (0, 1). */
  readonly itemDropout: number | null;
  /** An item that all answers met, or none, in so many rounds that asked it is not asked again. */
  readonly retireAfterRounds: number | null;
}

/** How the answers of one round met an item. */
type ItemRecord = 'all' | 'none' | 'some';

/** Records of each item of each prompt, oldest round first. */
export type ItemHistory = ReadonlyMap<string, readonly ItemRecord[]>;

/** What was left out of the prompts of a round. */
export interface ThinnedCounts {
  /** Items of the drawn prompts before anything was left out. */
  readonly itemsOffered: number;
  /** Retired, and those of them that all answers met. */
  readonly itemsRetired: number;
  readonly itemsRetiredMet: number;
  /** Left out by chance, this round only. */
  readonly itemsDropped: number;
  /** Prompts of the whole set that have no item left and are not drawn. */
  readonly promptsRetired: number;
}

/** Adds how the judged groups of a round met their items; an item without two verdicts in it has no record of it. */
export function recordItems(before: ItemHistory, rows: readonly (readonly [PromptRow, JudgedGroup])[]): ItemHistory {
  const history = new Map(before);
  for (const [{ promptId, checklist }, { rollouts_G }] of rows) {
    for (const [index, item] of checklist.entries()) {
      const answers = rollouts_G.flatMap(({ verdicts_I }) => {
        const answer = verdicts_I[index]?.answer;
        return answer === 'yes' || answer === 'no' ? [answer] : [];
      });
      if (answers.length < 2) continue;
      const key = keyOf(promptId, item);
      history.set(key, [...(history.get(key) ?? []), recordOf(answers)]);
    }
  }
  return history;
}

/** Items of a prompt that are not retired, and how many are. */
export function retireItems<Row extends PromptRow>(
  row: Row,
  history: ItemHistory,
  { retireAfterRounds }: ThinningRules,
): { readonly row: Row; readonly retired: number; readonly retiredMet: number } {
  if (retireAfterRounds === null) return { row, retired: 0, retiredMet: 0 };
  const fates = row.checklist.map((item) => fateOf(history.get(keyOf(row.promptId, item)) ?? [], retireAfterRounds));
  const count = (fate: ItemRecord) => fates.filter((found) => found === fate).length;
  return {
    row: { ...row, checklist: row.checklist.filter((_, index) => fates[index] === 'some') },
    retired: count('all') + count('none'),
    retiredMet: count('all'),
  };
}

/**
 * Leaves out a share of the items, rounded down, so that one is always left: the same ones for all answers to the prompt in
 * a round, others in the next one.
 *
 * @source Rubric Dropout (arXiv 2608.11669): half of the items are dropped, one mask for all rollouts of a prompt
 */
export function dropItems<Row extends PromptRow>(
  row: Row,
  { itemDropout }: ThinningRules,
  place: { readonly seed: number; readonly round: number },
): { readonly row: Row; readonly dropped: number } {
  const dropped = itemDropout === null ? 0 : Math.floor(row.checklist.length * itemDropout);
  if (dropped === 0) return { row, dropped };
  const ranked = row.checklist
    .map((_, index) => ({ index, rank: deriveSeed([place.seed, 'item-dropout', place.round, row.promptId, index]) }))
    .toSorted((a, b) => a.rank - b.rank || a.index - b.index);
  const out = new Set(ranked.slice(0, dropped).map(({ index }) => index));
  return { row: { ...row, checklist: row.checklist.filter((_, index) => !out.has(index)) }, dropped };
}

/** Sums the counts of parts of a round; the retired prompts of a set are the same in all. */
export function addThinned(a: ThinnedCounts, b: ThinnedCounts): ThinnedCounts {
  return {
    itemsOffered: a.itemsOffered + b.itemsOffered,
    itemsRetired: a.itemsRetired + b.itemsRetired,
    itemsRetiredMet: a.itemsRetiredMet + b.itemsRetiredMet,
    itemsDropped: a.itemsDropped + b.itemsDropped,
    promptsRetired: Math.max(a.promptsRetired, b.promptsRetired),
  };
}

function keyOf(promptId: string, { question, verifier }: Item): string {
  return JSON.stringify([promptId, question, verifier ?? null]);
}

function recordOf(answers: readonly ('yes' | 'no')[]): ItemRecord {
  if (answers.every((answer) => answer === 'yes')) return 'all';
  return answers.every((answer) => answer === 'no') ? 'none' : 'some';
}

/** What the last rounds agree on; `some` keeps the item. */
function fateOf(records: readonly ItemRecord[], rounds: number): ItemRecord {
  const last = records.slice(-rounds);
  const [first = 'some'] = last;
  return last.length === rounds && last.every((record) => record === first) ? first : 'some';
}

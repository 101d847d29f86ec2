import { wordsOf } from '../bolt/word-grams.ts';
import type { Pair } from './pair.ts';

/** How far a refined pair is from its draft. */
export interface PairChange {
  /** Words inserted, deleted or replaced, as a share of those of the longer text, in [0, 1]. */
  readonly instruction: number;
  readonly response: number;
  /** Whether no word changed at all. */
  readonly unchanged: boolean;
}

/** Compares a refined pair with its draft, by words: layout and typography make no difference. */
export function measureChange(draft: Pair, refined: Pair): PairChange {
  const instruction = changedShare(draft.instruction, refined.instruction);
  const response = changedShare(draft.response, refined.response);
  return { instruction, response, unchanged: instruction === 0 && response === 0 };
}

/** Levenshtein distance of two texts in words, over the longer one's; 0 for two empty texts. */
export function changedShare(before: string, after: string): number {
  const [a, b] = [wordsOf(before), wordsOf(after)];
  const longest = Math.max(a.length, b.length);
  return longest === 0 ? 0 : distance(a, b) / longest;
}

/** One row of the table at a time. */
function distance(a: readonly string[], b: readonly string[]): number {
  const row = Uint32Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, word] of a.entries()) {
    let diagonal = row[0] ?? 0;
    row[0] = i + 1;
    for (let j = 1; j <= b.length; j += 1) {
      const above = row[j] ?? 0;
      const replaced = diagonal + (word === b[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, above + 1, (row[j - 1] ?? 0) + 1);
      diagonal = above;
    }
  }
  return row[b.length] ?? 0;
}

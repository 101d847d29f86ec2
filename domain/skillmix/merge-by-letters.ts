import { findNearDuplicates } from '../bolt/near-duplicates.ts';

/**
 * Finds the names that are spelled like an earlier one.
 *
 * @param names the most frequent first: of a likeness, the first stays
 * @param minSimilarity smallest Jaccard similarity of the letter triples of two names of one skill, (0, 1]; 1 merges only
 *   names with the same words in another order
 * @returns the name that stays, by each that does not
 */
export function mergeByLetters(names: readonly string[], minSimilarity: number): ReadonlyMap<string, string> {
  const twins = findNearDuplicates(names.map(letterTriples), { shingleWords: 1, minSimilarity });
  return new Map(
    names.flatMap((name, index): readonly [string, string][] => {
      const twin = twins[index];
      return typeof twin === 'number' ? [[name, names[twin] as string]] : [];
    }),
  );
}

/** Overlapping triples of letters, each as a word; words are sorted first, since their order makes no other skill. */
function letterTriples(name: string): string {
  const letters = Array.from(name.split('_').toSorted().join(''));
  if (letters.length < 4) return letters.join('');
  return Array.from({ length: letters.length - 2 }, (_, start) => letters.slice(start, start + 3).join('')).join(' ');
}

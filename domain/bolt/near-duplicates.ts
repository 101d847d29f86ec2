import { wordGrams, wordsOf } from './word-grams.ts';

/** When two queries are one. */
export interface DuplicateRules {
  /** Words in a shingle. */
  readonly shingleWords: number;
  /** Smallest Jaccard similarity of the sets of shingles of two near duplicates, (0, 1]. */
  readonly minSimilarity: number;
}

/** Absorbs the rounding of `0.6 * 5`. */
const ROUNDING = 1e-9;

/**
 * For each text the index of an earlier one, itself without a twin, that it is a near duplicate of; else `null`. Exact:
 * no pair at or above the threshold is missed, yet only texts that share a rare shingle are compared.
 *
 * @source prefix filtering, Bayardo, Ma and Srikant, Scaling Up All Pairs Similarity Search (WWW 2007) §4: sets whose
 *   similarity is t or more share one of their first |s| - ceil(t|s|) + 1 elements in any one order
 */
export function findNearDuplicates(texts: readonly string[], rules: DuplicateRules): readonly (number | null)[] {
  const { shingleWords, minSimilarity } = rules;
  const sets = texts.map((text) => shinglesOf(text, shingleWords));
  const frequencies = countAll(sets);
  const byPrefix = new Map<string, number[]>();
  return sets.map((set, index) => {
    const rareFirst = [...set].toSorted(
      (a, b) => (frequencies.get(a) ?? 0) - (frequencies.get(b) ?? 0) || (a < b ? -1 : 1),
    );
    const prefix = rareFirst.slice(0, set.size - Math.ceil(minSimilarity * set.size - ROUNDING) + 1);
    const candidates = new Set(prefix.flatMap((shingle) => byPrefix.get(shingle) ?? []));
    const twins = [...candidates].filter((other) => jaccard(set, sets[other] ?? new Set()) >= minSimilarity - ROUNDING);
    if (twins.length > 0) return Math.min(...twins);
    for (const shingle of prefix) {
      const indexed = byPrefix.get(shingle);
      if (indexed === undefined) byPrefix.set(shingle, [index]);
      else indexed.push(index);
    }
    return null;
  });
}

/** |A ∩ B| / |A ∪ B|, in [0, 1]; 0 for two empty sets, which have nothing in common. */
export function jaccard(first: ReadonlySet<string>, second: ReadonlySet<string>): number {
  const [small, large] = first.size < second.size ? [first, second] : [second, first];
  let common = 0;
  for (const element of small) if (large.has(element)) common += 1;
  return common === 0 ? 0 : common / (first.size + second.size - common);
}

/** The set of word runs of a text; one of fewer words than a shingle is one shingle. */
export function shinglesOf(text: string, shingleWords: number): ReadonlySet<string> {
  return shinglesOfWords(wordsOf(text), shingleWords);
}

/** The set of runs of some words; fewer words than a shingle are one shingle. */
export function shinglesOfWords(words: readonly string[], shingleWords: number): ReadonlySet<string> {
  return new Set(words.length > 0 && words.length < shingleWords ? [words.join(' ')] : wordGrams(words, shingleWords));
}

function countAll(sets: readonly ReadonlySet<string>[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const set of sets) for (const element of set) counts.set(element, (counts.get(element) ?? 0) + 1);
  return counts;
}

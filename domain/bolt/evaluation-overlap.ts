import { wordGrams, wordsOf } from './word-grams.ts';

/** A text that must not be trained on, and the set it is of. */
export interface ReferenceText {
  readonly setName: string;
  readonly text: string;
}

/** When a query is too near to a text that is measured on. */
export interface OverlapRules {
  /** Words in a row that both have. */
  readonly gramWords: number;
  /** A shorter text has to be in the other as a whole, and counts from this many words on; below, only equal texts do. */
  readonly minWords: number;
}

/**
 * For each query the name of a set that has a text with the same `gramWords` words in a row, else `null`.
 *
 * @source 13 words as in GPT-3 (arXiv 2005.14165) appendix C; BOLT says nothing of decontamination
 */
export function findOverlaps(
  queries: readonly string[],
  references: readonly ReferenceText[],
  { gramWords, minWords }: OverlapRules,
): readonly (string | null)[] {
  const texts = references.map(({ setName, text }) => ({ setName, words: wordsOf(text) }));
  const grams = new Map<number, ReadonlyMap<string, string>>();
  const ofLength = (length: number): ReadonlyMap<string, string> => {
    const known = grams.get(length);
    if (known !== undefined) return known;
    const made = new Map(
      texts.flatMap(({ setName, words }) => wordGrams(words, length).map((gram) => [gram, setName])),
    );
    grams.set(length, made);
    return made;
  };
  const whole = new Map(texts.map(({ setName, words }) => [words.join(' '), setName]));
  const shortLengths = new Set(texts.map(({ words }) => words.length).filter((n) => n >= minWords && n < gramWords));

  return queries.map((query) => {
    const words = wordsOf(query);
    if (words.length === 0) return null;
    const equal = whole.get(words.join(' '));
    if (equal !== undefined) return equal;
    if (words.length < minWords) return null;
    // The query's own words, all of them when they are few, anywhere in a text...
    const length = Math.min(gramWords, words.length);
    const inside = firstOf(wordGrams(words, length), ofLength(length));
    // ...or a short text, all of it, anywhere in the query.
    return (
      inside ??
      [...shortLengths]
        .filter((shortLength) => shortLength < words.length)
        .map((shortLength) => firstOf(wordGrams(words, shortLength), whole))
        .find((name) => name !== null) ??
      null
    );
  });
}

function firstOf(grams: readonly string[], index: ReadonlyMap<string, string>): string | null {
  const gram = grams.find((candidate) => index.has(candidate));
  return gram === undefined ? null : (index.get(gram) ?? null);
}

/** Longest common subsequence of two texts' words, as shares. */
export interface RougeL {
  /** LCS / words of the candidate. */
  readonly precision: number;
  /** LCS / words of the reference. */
  readonly recall: number;
  readonly f1: number;
}

/**
 * Word-level ROUGE-L, as `rougeL` of Google's rouge-score package with `use_stemmer=False`: a text is one sequence (line
 * breaks are blanks), lower-cased, and everything but a-z and 0-9 parts words.
 *
 * @returns null where the reference has no such word (the package says 0): nothing can be recalled from it
 * @source Lin, ROUGE: A Package for Automatic Evaluation of Summaries (2004) §3.1, with beta = 1
 */
export function rougeL(candidate: string, reference: string): RougeL | null {
  const [ours, theirs] = [wordsOf(candidate), wordsOf(reference)];
  if (theirs.length === 0) return null;
  const common = longestCommonSubsequence(ours, theirs);
  if (common === 0) return { precision: 0, recall: 0, f1: 0 };
  const [precision, recall] = [common / ours.length, common / theirs.length];
  return { precision, recall, f1: (2 * precision * recall) / (precision + recall) };
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

/** Length of the longest common subsequence, with one row of the table in memory. */
function longestCommonSubsequence(first: readonly string[], second: readonly string[]): number {
  const row = new Uint32Array(second.length + 1);
  for (const word of first) {
    let diagonal = 0;
    for (let column = 1; column <= second.length; column += 1) {
      const above = row[column] ?? 0;
      row[column] = word === second[column - 1] ? diagonal + 1 : Math.max(above, row[column - 1] ?? 0);
      diagonal = above;
    }
  }
  return row[second.length] ?? 0;
}

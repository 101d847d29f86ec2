/** Longest unit that is looked for, and how often it has to come in a row to be a loop. */
const LONGEST_UNIT = 60;
const FEWEST_ROUNDS = 3;
/** A unit of characters is shorter: what it is for is "hahaha" and scripts without blanks. */
const LONGEST_UNIT_CHARS = 24;
/** A shorter text is no loop, whatever it repeats: "No, no, no!" is an answer. */
const FEWEST_CHARS = 60;

/**
 * The largest share of a text that one passage takes which comes three times or more without a break, [0, 1]: what a model
 * does that cannot stop. Looked for in words and, for texts without blanks, in characters.
 */
export function longestLoop(text: string): number {
  const trimmed = text.trim();
  if (trimmed.length < FEWEST_CHARS) return 0;
  return Math.max(loopShare(trimmed.split(/\s+/), LONGEST_UNIT), loopShare(trimmed.split(''), LONGEST_UNIT_CHARS));
}

/** For each unit length the longest run in which every token equals the one a unit before it. */
function loopShare(tokens: readonly string[], longestUnit: number): number {
  let longest = 0;
  for (let unit = 1; unit <= Math.min(longestUnit, Math.floor(tokens.length / FEWEST_ROUNDS)); unit += 1) {
    let run = 0;
    for (let index = unit; index < tokens.length; index += 1) {
      run = tokens[index] === tokens[index - unit] ? run + 1 : 0;
      if (run >= unit * (FEWEST_ROUNDS - 1)) longest = Math.max(longest, run + unit);
    }
  }
  return tokens.length === 0 ? 0 : longest / tokens.length;
}

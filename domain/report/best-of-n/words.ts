import type { DecidedBy, Selection } from '../../best-of-n/candidate.ts';
import type { Arm } from '../../best-of-n/compare-arms.ts';

/** How the page calls an arm. */
export const ARM_NAME: Readonly<Record<Arm, string>> = {
  'best-of-n': 'Best-of-N',
  greedy: 'greedy',
  'random-of-n': 'random of N',
  'self-score': 'self-score',
  majority: 'majority',
  'reward-model': 'reward model',
  'oracle-of-n': 'oracle of N',
};

/** What left one candidate, as the subject of "decided". */
export const DECIDED_WORDS: Readonly<Record<DecidedBy, string>> = {
  'pass-rate': 'the pass rate alone',
  'critical-items': 'the critical items',
  weighted: 'the weighted pass rate',
  soft: 'the soft pass rate',
  seed: 'a seeded draw',
};

/** One sentence: why this candidate, or why none. */
export function whyChosen({ candidates_N, chosen, tied, decidedBy }: Selection, keepTies: boolean): string {
  const pick = candidates_N.find(({ sampleIndex }) => sampleIndex === chosen);
  if (pick === undefined || decidedBy === null) {
    return candidates_N.length === 0
      ? 'Nothing was chosen: no candidate is an answer.'
      : 'Nothing was chosen: no item of any candidate was decided.';
  }
  const decided = pick.verdicts_I.filter(({ answer }) => answer !== 'unparsed');
  const passed = decided.filter(({ answer }) => answer === 'yes').length;
  const best = `Candidate ${pick.sampleIndex} passed ${passed} of ${decided.length} decided items`;
  if (tied.length < 2) return `${best}, more than any other as a share.`;
  const others = tied.filter((index) => index !== chosen).join(', ');
  const scored = keepTies ? ' All that are tied are scored together.' : '';
  return `${best}; tied with ${others}, and ${DECIDED_WORDS[decidedBy]} decided.${scored}`;
}

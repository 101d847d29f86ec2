/** What the judge says of a pair: `A++` is "A is much better", `A=B` the same. */
export const PAIR_CHOICES = ['A++', 'A+', 'A=B', 'B+', 'B++'] as const;

export type PairChoice = (typeof PAIR_CHOICES)[number];

/** A pair as seen from the tested model, with the names of the published tables. */
export const OUTCOMES = ['win_much', 'win', 'tie', 'lose', 'lose_much'] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** Lengths in code points, and which side was which. */
export interface PairSides {
  readonly modelIsA: boolean;
  readonly lengthCharsModel: number;
  readonly lengthCharsBaseline: number;
}

/** @source WildBench (arXiv 2406.04770), WB-Reward: much better counts 1, slightly better 0.5 */
const REWARDS: Readonly<Record<Outcome, number>> = { win_much: 1, win: 0.5, tie: 0, lose: -0.5, lose_much: -1 };

/** Reward of an outcome, -1 to 1. */
export function rewardOfOutcome(outcome: Outcome): number {
  return REWARDS[outcome];
}

/** Whether a text is one of the five choices. */
export function isPairChoice(text: string): text is PairChoice {
  return (PAIR_CHOICES as readonly string[]).includes(text);
}

/**
 * Maps a choice back through the recorded assignment. With a length penalty K of 0 or more a slight outcome becomes a tie
 * when the winner is longer than the loser by strictly more than K code points; below 0 there is no penalty.
 *
 * @source WildBench (arXiv 2406.04770), length penalty; "more than K" is strict and K = 0 is on in the published tables
 */
export function outcomeOf(choice: PairChoice, sides: PairSides, lengthPenaltyChars: number): Outcome {
  if (choice === 'A=B') return 'tie';
  const wins = choice.startsWith('A') === sides.modelIsA;
  if (choice.endsWith('++')) return wins ? 'win_much' : 'lose_much';
  const surplus = sides.lengthCharsModel - sides.lengthCharsBaseline;
  if (lengthPenaltyChars >= 0 && (wins ? surplus : -surplus) > lengthPenaltyChars) return 'tie';
  return wins ? 'win' : 'lose';
}

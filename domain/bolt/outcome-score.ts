/** What the score of a solution came from; scores of two of these are not on one scale. */
export interface ScorerStamp {
  /** `checklist`, `verifier`, or the name of a reward model. */
  readonly scorer: string;
  /** Of the model, its prompt or the code; whatever changes the scale changes this. */
  readonly revision: string;
}

/** The outcome score of one valid response, given to its solution alone. */
export interface OutcomeScore {
  readonly promptId: string;
  readonly sampleIndex: number;
  /** Finite; higher is better. A response that could not be scored has no score, which is not 0. */
  readonly score: number;
  /** Of thoughts and solution together; decides between equal scores. */
  readonly lengthTokens: number;
  readonly stamp: ScorerStamp;
}

/** All scores of a stage, complete: no score may come after its hash is taken. */
export interface FrozenScores {
  /** Of the rows, by which the cut and the selection are known to be about the same set. */
  readonly setHash: string;
  readonly scores: readonly OutcomeScore[];
}

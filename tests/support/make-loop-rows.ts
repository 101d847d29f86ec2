import type { Candidate, Selection } from '../../domain/best-of-n/candidate.ts';
import type { Checklist, Verdict } from '../../domain/checklist.ts';
import { passRate } from '../../domain/pass-rate.ts';
import type { Refinement, TurnRecord } from '../../domain/refine/refinement.ts';

/** Two items that a judge decides. */
export const JUDGED_CHECKLIST: Checklist = [
  { question: 'Does the answer name a river?' },
  { question: 'Is the answer one sentence?' },
];

/** Verdicts of a word each: `y`, `n`, or `u` for unparsed. */
export function makeVerdicts(answers: string, by: 'code' | 'judge' = 'judge'): readonly Verdict[] {
  return Array.from(answers).map((answer, index): Verdict => {
    if (answer === 'u') return { answer: 'unparsed', by, cause: 'malformed', reason: 'no yes or no in the reply' };
    const isYes = answer === 'y';
    return {
      answer: isYes ? 'yes' : 'no',
      by,
      reason: isYes ? `item ${index + 1} is met` : `item ${index + 1} is missing`,
    };
  });
}

/** A turn with the verdicts that steered and those of gold, written as for `makeVerdicts`. */
export function makeTurn(turn: number, judge: string, gold: string, changes: Partial<TurnRecord> = {}): TurnRecord {
  const [verdicts_I, gold_I] = [makeVerdicts(judge), makeVerdicts(gold)];
  return {
    turn,
    text: `answer of turn ${turn}`,
    finishReason: 'stop',
    verdicts_I,
    passRate: passRate(verdicts_I) ?? null,
    gold_I,
    goldPassRate: passRate(gold_I) ?? null,
    gained: [],
    lost: [],
    ownChecklist: null,
    tokens: { prompt: 20, completion: 10 },
    critique: null,
    ...changes,
  };
}

/** A refinement of these turns that returns the last one. */
export function makeRefinement(
  promptId: string,
  turns_T: readonly TurnRecord[],
  changes: Partial<Refinement> = {},
): Refinement {
  return {
    promptId,
    loop: 'refine',
    instruction: 'Name a river in one sentence.',
    checklist: JUDGED_CHECKLIST,
    goldChecklist: JUDGED_CHECKLIST,
    turns_T,
    stopReason: 'turn-limit',
    turnedDown: null,
    returnedTurn: turns_T.at(-1)?.turn ?? null,
    ...changes,
  };
}

/** A candidate with the verdicts that select and those of gold, written as for `makeVerdicts`. */
export function makeCandidate(
  sampleIndex: number,
  judge: string,
  gold: string,
  changes: Partial<Candidate> = {},
): Candidate {
  const [verdicts_I, gold_I] = [makeVerdicts(judge), makeVerdicts(gold)];
  return {
    sampleIndex,
    text: `answer ${sampleIndex}`,
    finishReason: 'stop',
    verdicts_I,
    passRate: passRate(verdicts_I) ?? null,
    gold_I,
    goldPassRate: passRate(gold_I) ?? null,
    selfScore: null,
    reward: null,
    ...changes,
  };
}

/** A selection among these candidates that chose none. */
export function makeSelection(
  promptId: string,
  candidates_N: readonly Candidate[],
  changes: Partial<Selection> = {},
): Selection {
  return {
    promptId,
    instruction: 'Name a river in one sentence.',
    checklist: JUDGED_CHECKLIST,
    goldChecklist: JUDGED_CHECKLIST,
    candidates_N,
    failed: 0,
    distinct: new Set(candidates_N.map(({ text }) => text)).size,
    tied: [],
    chosen: null,
    decidedBy: null,
    selfScored: null,
    majority: null,
    rewarded: null,
    greedy: null,
    ...changes,
  };
}

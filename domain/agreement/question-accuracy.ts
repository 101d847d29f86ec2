import { rateOf, type Rate } from './rate.ts';

/** One question answered by the judge and by humans; null: unparsed, or humans undecided. */
export interface AnsweredTwice {
  readonly judge: boolean | null;
  readonly human: boolean | null;
}

/** How often a judge answers as humans do, apart for what they pass and what they fail. */
export interface QuestionAccuracy {
  readonly accuracy: Rate;
  /** Of the questions that humans answer yes, those that the judge does too. */
  readonly truePositiveRate: Rate;
  /** Of the questions that humans answer no, those that the judge does too. */
  readonly trueNegativeRate: Rate;
  /** Of the questions that humans answer no, those that the judge passes: what a policy would learn to exploit. */
  readonly falsePassRate: Rate;
  /** Questions with no readable answer of the judge: in no rate. */
  readonly unparsed: number;
  /** Questions that humans left undecided: in no rate. */
  readonly humanUndecided: number;
}

/** Accuracy, TPR, TNR and false-pass rate over the questions that both sides decided. @source TICK §3.2, Table 3b */
export function questionAccuracy(questions: readonly AnsweredTwice[]): QuestionAccuracy {
  const counts = { yesYes: 0, yesNo: 0, noYes: 0, noNo: 0, unparsed: 0, humanUndecided: 0 };
  for (const { judge, human } of questions) {
    if (judge === null) counts.unparsed += 1;
    if (human === null) counts.humanUndecided += 1;
    if (judge === null || human === null) continue;
    counts[human ? (judge ? 'yesYes' : 'yesNo') : judge ? 'noYes' : 'noNo'] += 1;
  }
  const { yesYes, yesNo, noYes, noNo, unparsed, humanUndecided } = counts;
  return {
    accuracy: rateOf(yesYes + noNo, yesYes + yesNo + noYes + noNo),
    truePositiveRate: rateOf(yesYes, yesYes + yesNo),
    trueNegativeRate: rateOf(noNo, noYes + noNo),
    falsePassRate: rateOf(noYes, noYes + noNo),
    unparsed,
    humanUndecided,
  };
}

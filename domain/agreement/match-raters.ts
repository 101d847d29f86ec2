import { majorityAnswer } from './majority.ts';
import type { AnsweredTwice } from './question-accuracy.ts';
import type { Answers } from './scores.ts';

/** A task that a judge and one or more humans answered, question by question. */
export interface RatedTask {
  readonly judge: Answers;
  /** For each question, the humans' labels. */
  readonly humans: readonly Answers[];
}

/** Each question of the tasks with the judge's answer and most humans'. */
export function pairWithMajority(tasks: readonly RatedTask[]): readonly (readonly AnsweredTwice[])[] {
  return tasks.map(({ judge, humans }) =>
    judge.map((answer, index) => ({ judge: answer, human: majorityAnswer(humans[index] ?? []) })),
  );
}

/** Ratings of a question as numbers (1 yes, 0 no), as `krippendorffAlpha` takes them. */
export function toRatings(answers: Answers): readonly (number | null)[] {
  return answers.map((answer) => (answer === null ? null : Number(answer)));
}

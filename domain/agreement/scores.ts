import { zipStrict } from '../zip-strict.ts';
import { rateOf, type Rate } from './rate.ts';

/** Answers to one task's checklist, in its order: yes, no, or null where none could be read. */
export type Answers = readonly (boolean | null)[];

/** A mean over tasks, and how many tasks stand behind it; the others had nothing to give. */
export interface TaskMean {
  readonly mean: number | null;
  readonly tasks: number;
}

/** A weighted share: of the weight of the decided items, the part that passed. */
export interface WeightedRate {
  readonly rate: number | null;
  readonly passedWeight: number;
  readonly decidedWeight: number;
}

/** yes / (yes + no) of one task. An unparsed answer is in neither number. @source TICK §3.1 */
export function taskPassRate(answers: Answers): Rate {
  return rateOf(answers.filter((answer) => answer === true).length, countDecided(answers));
}

/** DRFR: yes over all decided questions of all tasks, so a long checklist counts for more. @source InFoBench (arXiv 2401.03601) §3 */
export function pooledPassRate(tasks: readonly Answers[]): Rate {
  return taskPassRate(tasks.flat());
}

/** Mean of the tasks' pass rates, so each task counts alike; tasks with no decided answer are left out. */
export function meanOfTaskPassRates(tasks: readonly Answers[]): TaskMean {
  return meanOfTasks(tasks.map((answers) => taskPassRate(answers).rate));
}

/** Mean over the tasks that have a value; null where none has. */
export function meanOfTasks(values: readonly (number | null)[]): TaskMean {
  const known = values.filter((value) => value !== null);
  const sum = known.reduce((total, value) => total + value, 0);
  return { mean: known.length === 0 ? null : sum / known.length, tasks: known.length };
}

/**
 * Pass rate with an importance for each item: integers from 0 to 100. Null where all decided items weigh nothing.
 *
 * @throws RangeError for a weight that is no integer in [0, 100]; a negative one has no meaning here
 * @source RLCF (arXiv 2507.18624) §3
 */
export function weightedPassRate(answers: Answers, weights: readonly number[]): WeightedRate {
  let [passedWeight, decidedWeight] = [0, 0];
  for (const [answer, weight] of zipStrict(answers, weights)) {
    if (!Number.isInteger(weight) || weight < 0 || weight > 100) {
      throw new RangeError(`a weight must be an integer from 0 to 100, got ${weight}`);
    }
    if (answer === null) continue;
    decidedWeight += weight;
    if (answer) passedWeight += weight;
  }
  return { rate: decidedWeight === 0 ? null : passedWeight / decidedWeight, passedWeight, decidedWeight };
}

/** Mean of the items' P(yes), each in [0, 1]; items with none are left out. */
export function softPassRate(probabilities: readonly (number | null)[]): {
  readonly mean: number | null;
  readonly items: number;
} {
  const { mean, tasks: items } = meanOfTasks(probabilities);
  return { mean, items };
}

/** Whether every answer is yes; null where no answer is no but some are unparsed, or there are none at all. */
export function isAllPass(answers: Answers): boolean | null {
  if (answers.includes(false)) return false;
  return answers.length === 0 || answers.includes(null) ? null : true;
}

/** Tasks that pass every item, over the tasks where that is known. */
export function allPassRate(tasks: readonly Answers[]): Rate {
  return taskPassRate(tasks.map((answers) => isAllPass(answers)));
}

/** How many answers could not be read. */
export function countUnparsed(tasks: readonly Answers[]): number {
  return tasks.flat().filter((answer) => answer === null).length;
}

function countDecided(answers: Answers): number {
  return answers.filter((answer) => answer !== null).length;
}

import { verdictRow, type VerdictRow } from '../../configs/schema/tick-rows.ts';
import {
  countUnparsed,
  isAllPass,
  meanOfTaskPassRates,
  pooledPassRate,
  type Answers,
} from '../../domain/agreement/scores.ts';
import { formatNumber } from '../../domain/format-number.ts';
import type { Output } from '../output.ts';
import { readRows, requireUnique, type PlacedRow } from './read-rows.ts';

/** Reads a judge's verdicts, one row a task. @throws DataError naming file and line */
export async function readVerdicts(path: string): Promise<readonly PlacedRow<VerdictRow>[]> {
  const rows = await readRows(path, verdictRow);
  requireUnique(rows, ({ id }) => `id ${JSON.stringify(id)}`);
  return rows;
}

/**
 * Prints the scores of a file of verdicts; returns the exit code.
 *
 * `questions` counts every verdict and `unparsed` those of them that are null. Null is no answer: it stands in no
 * denominator (`drfr_micro` is yes / (questions - unparsed); a task of nulls only has no pass rate), and a task with a null
 * is not all-pass, since that is not known.
 *
 * @throws DataError naming file and line
 */
export async function aggregateVerdicts(path: string, output: Output): Promise<number> {
  const tasks: readonly Answers[] = (await readVerdicts(path)).map(({ row }) => row.eval);
  const pooled = pooledPassRate(tasks);
  const macro = meanOfTaskPassRates(tasks);
  const unparsed = countUnparsed(tasks);
  const allPass = tasks.filter((answers) => isAllPass(answers) === true).length;
  output.line(`DRFR (micro)             ${formatNumber(pooled.rate, 4)}  ${pooled.count} yes of ${pooled.of} decided`);
  output.line(`mean of task pass rates  ${formatNumber(macro.mean, 4)}  over ${macro.tasks} of ${tasks.length} tasks`);
  output.line(`all-pass tasks           ${allPass} of ${tasks.length}`);
  output.line(`unparsed                 ${unparsed} of ${pooled.of + unparsed} verdicts`);
  output.object({
    tasks: tasks.length,
    questions: pooled.of + unparsed,
    yes: pooled.count,
    drfr_micro: pooled.rate,
    mean_of_task_pass_rates: macro.mean,
    all_pass_tasks: allPass,
    unparsed,
  });
  return 0;
}

import { humanRow, type VerdictRow } from '../../configs/schema/tick-rows.ts';
import { cohenKappa } from '../../domain/agreement/cohen-kappa.ts';
import { kendallTauB, pearson, spearman } from '../../domain/agreement/correlation.ts';
import { krippendorffAlpha } from '../../domain/agreement/krippendorff-alpha.ts';
import { pairWithMajority, toRatings, type RatedTask } from '../../domain/agreement/match-raters.ts';
import { questionAccuracy } from '../../domain/agreement/question-accuracy.ts';
import {
  allPassRate,
  countUnparsed,
  meanOfTasks,
  pooledPassRate,
  softPassRate,
  taskPassRate,
  weightedPassRate,
  type Answers,
} from '../../domain/agreement/scores.ts';
import { DataError } from '../../domain/errors.ts';
import { formatCount, formatNumber } from '../../domain/format-number.ts';
import { readRows, type PlacedRow } from './read-rows.ts';
import { formatInterval, formatLine, formatRate, intervalOf, type Section } from './section.ts';

/** Scores that a judge gave, and what they cost. */
export function scoresSection(rows: readonly PlacedRow<VerdictRow>[]): Section {
  const tasks: readonly Answers[] = rows.map(({ row }) => row.eval);
  const drfr = pooledPassRate(tasks);
  const macro = intervalOf(tasks.map((answers) => taskPassRate(answers).rate));
  const allPass = allPassRate(tasks);
  const weighted = meanOfTasks(
    rows.map(({ row }) => (row.weights === undefined ? null : weightedPassRate(row.eval, row.weights).rate)),
  );
  const soft = meanOfTasks(
    rows.map(({ row }) => (row.probabilities === undefined ? null : softPassRate(row.probabilities).mean)),
  );
  const unparsed = countUnparsed(tasks);
  const tokens = { prompt: tokenSum(rows, 'promptTokens'), completion: tokenSum(rows, 'completionTokens') };
  return {
    title: 'Scores of the judge',
    key: 'scores',
    lines: [
      formatLine('DRFR (micro)', formatRate(drfr)),
      formatLine('mean of task pass rates', formatInterval(macro)),
      formatLine('all-pass tasks, of those decided', formatRate(allPass)),
      formatLine('mean weighted pass rate', `${formatNumber(weighted.mean, 3)} (${weighted.tasks} tasks)`),
      formatLine('mean soft pass rate', `${formatNumber(soft.mean, 3)} (${soft.tasks} tasks)`),
      formatLine('unparsed', `${unparsed} of ${drfr.of + unparsed}`),
      ...Object.entries(tokens).map(([name, { sum, rows: reporting }]) =>
        formatLine(`${name} tokens`, `${formatCount(sum)} (${reporting} of ${rows.length} rows say)`),
      ),
    ],
    object: {
      tasks: tasks.length,
      questions: drfr.of + unparsed,
      unparsed,
      drfrMicro: drfr,
      meanOfTaskPassRates: macro,
      allPass,
      meanWeightedPassRate: weighted,
      meanSoftPassRate: soft,
      tokens,
    },
  };
}

/** How well a judge answers as humans do. @throws DataError naming file and line */
export async function humanSection(verdicts: readonly PlacedRow<VerdictRow>[], humanPath: string): Promise<Section> {
  const humans = await readHumans(humanPath);
  const tasks = verdicts.flatMap(({ where, row }): readonly RatedTask[] => {
    const labels = humans.get(row.id);
    if (labels === undefined) return [];
    requireLength(where, row.id, row.eval.length, labels);
    return [{ judge: row.eval, humans: labels.questions }];
  });
  if (tasks.length === 0) throw new DataError('data/invalid-row', `${humanPath} holds no id of the verdicts.`);
  const pairs = pairWithMajority(tasks);
  const accuracy = questionAccuracy(pairs.flat());
  const meanAccuracy = intervalOf(pairs.map((task) => questionAccuracy(task).accuracy.rate));
  const decided = pairs
    .flat()
    .flatMap(({ judge, human }) => (judge === null || human === null ? [] : [[judge, human] as const]));
  const kappa = cohenKappa(decided);
  const alpha = {
    humans: krippendorffAlpha(
      tasks.flatMap(({ humans: questions }) => questions.map(toRatings)),
      'nominal',
    ),
    judgeAndMajority: krippendorffAlpha(
      pairs.flat().map(({ judge, human }) => toRatings([judge, human])),
      'nominal',
    ),
  };
  const passRates = correlatePassRates(
    pairs.map((task) => [task.map(({ judge }) => judge), task.map(({ human }) => human)]),
  );
  const unmatched = { judge: verdicts.length - tasks.length, human: humans.size - tasks.length };
  return {
    title: 'Agreement with humans',
    key: 'human',
    lines: [
      formatLine('question accuracy', formatRate(accuracy.accuracy)),
      formatLine('mean of task accuracies', formatInterval(meanAccuracy)),
      formatLine('true positive rate', formatRate(accuracy.truePositiveRate)),
      formatLine('true negative rate', formatRate(accuracy.trueNegativeRate)),
      formatLine('false pass rate', formatRate(accuracy.falsePassRate)),
      formatLine("Cohen's kappa", `${formatNumber(kappa, 3)} (${decided.length} questions)`),
      formatLine(
        "Krippendorff's alpha, humans",
        `${formatNumber(alpha.humans.alpha, 3)} (${alpha.humans.units} questions)`,
      ),
      formatLine(
        "Krippendorff's alpha, judge and majority",
        `${formatNumber(alpha.judgeAndMajority.alpha, 3)} (${alpha.judgeAndMajority.units} questions)`,
      ),
      formatLine('Pearson of task pass rates', `${formatNumber(passRates.pearson, 3)} (${passRates.tasks} tasks)`),
      formatLine('unparsed, humans undecided', `${accuracy.unparsed}, ${accuracy.humanUndecided}`),
      formatLine('tasks only judged, only labelled', `${unmatched.judge}, ${unmatched.human}`),
    ],
    object: {
      tasks: tasks.length,
      unmatchedTasks: unmatched,
      ...accuracy,
      meanOfTaskAccuracies: meanAccuracy,
      kappa,
      kappaQuestions: decided.length,
      krippendorffAlpha: alpha,
      taskPassRates: passRates,
    },
  };
}

/**
 * How alike the pass rates under two checklists of each task are.
 *
 * @throws DataError `data/invalid-row` where no task is in both
 * @source TICK (arXiv 2410.03608) Table 3a, functional similarity
 */
export function similaritySection(
  verdicts: readonly PlacedRow<VerdictRow>[],
  reference: readonly PlacedRow<VerdictRow>[],
): Section {
  const others = new Map(reference.map(({ row }) => [row.id, row.eval]));
  const pairs = verdicts.flatMap(({ row }) => {
    const other = others.get(row.id);
    return other === undefined ? [] : [[row.eval, other] as const];
  });
  if (pairs.length === 0) {
    throw new DataError('data/invalid-row', 'The reference verdicts hold no id of the verdicts.');
  }
  const passRates = correlatePassRates(pairs);
  return {
    title: 'Functional similarity of the checklists',
    key: 'functionalSimilarity',
    lines: [
      formatLine('Pearson of task pass rates', `${formatNumber(passRates.pearson, 3)} (${passRates.tasks} tasks)`),
      formatLine('Spearman', formatNumber(passRates.spearman, 3)),
      formatLine("Kendall's tau-b", formatNumber(passRates.kendallTauB, 3)),
    ],
    object: passRates,
  };
}

function correlatePassRates(pairs: readonly (readonly [Answers, Answers])[]) {
  const rates = pairs.flatMap(([first, second]) => {
    const [one, other] = [taskPassRate(first).rate, taskPassRate(second).rate];
    return one === null || other === null ? [] : [[one, other] as const];
  });
  const [first, second] = [rates.map(([one]) => one), rates.map(([, other]) => other)];
  return {
    tasks: rates.length,
    pearson: pearson(first, second),
    spearman: spearman(first, second),
    kendallTauB: kendallTauB(first, second),
  };
}

interface HumanLabels {
  /** Where the task was first seen. */
  readonly where: string;
  readonly questions: readonly Answers[];
}

/** All humans' labels of each task, by question. */
async function readHumans(path: string): Promise<ReadonlyMap<string, HumanLabels>> {
  const humans = new Map<string, HumanLabels>();
  for (const { where, row } of await readRows(path, humanRow)) {
    const labels = row.eval.map((label) => (Array.isArray(label) ? label : [label]));
    const earlier = humans.get(row.id);
    if (earlier === undefined) {
      humans.set(row.id, { where, questions: labels });
      continue;
    }
    requireLength(where, row.id, labels.length, earlier);
    const questions = earlier.questions.map((answers, index) => [...answers, ...(labels[index] ?? [])]);
    humans.set(row.id, { where: earlier.where, questions });
  }
  return humans;
}

function requireLength(where: string, id: string, length: number, other: HumanLabels): void {
  if (length === other.questions.length) return;
  throw new DataError(
    'data/invalid-row',
    `${where}, field eval: ${JSON.stringify(id)} has ${length} answers here and ${other.questions.length} in ${other.where}: give one for each question of the same checklist.`,
  );
}

/** Null where no row says: not reported is not zero. */
function tokenSum(rows: readonly PlacedRow<VerdictRow>[], field: 'promptTokens' | 'completionTokens') {
  const counts = rows.flatMap(({ row }) => row[field] ?? []);
  return { sum: counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0), rows: counts.length };
}

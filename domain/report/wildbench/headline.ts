import { formatCount, formatNumber } from '../../format-number.ts';
import type { JudgeBoard } from '../../wildbench/board.ts';
import { formatBounds, formatConfidence, formatSigned } from '../format-interval.ts';
import type { ReportHeadline } from '../report-base.ts';
import type { WildbenchReport } from './wildbench-report.ts';

/** Says how the best of the other policies stands beside the reference, by the first judge that has an opinion. */
export function wildbenchHeadline(report: WildbenchReport): ReportHeadline {
  const scored = report.boards.find(({ leaderboard }) => leaderboard.some(({ score }) => score !== null));
  if (scored !== undefined) return scoreHeadline(report, scored);
  const paired = report.boards.find(({ leaderboard }) => leaderboard.some(({ reward }) => reward !== null));
  if (paired !== undefined) return rewardHeadline(report, paired);
  return {
    label: 'WildBench',
    result: 'not measured',
    difference: 'no answer was judged',
    denominators: tasksOf(report),
  };
}

function scoreHeadline(report: WildbenchReport, board: JudgeBoard): ReportHeadline {
  const { reference, confidence } = report;
  const first = board.leaderboard.find(({ model }) => model === reference);
  const best = board.leaderboard.find(({ model, score }) => model !== reference && score !== null);
  const result = board.policies.find(({ policy }) => policy === (best?.model ?? reference))?.scores;
  const denominators = `${tasksOf(report)}, ${holesOf(board)}`;
  const score = (value: number | undefined) => formatNumber(value ?? null, 1);
  if (best === undefined || first === undefined) {
    const only = first ?? best;
    return {
      label: `Adjusted score of ${only?.model ?? reference}, -80 to 100, by ${board.judge}`,
      result: score(only?.score?.value),
      difference: 'there is no other policy to compare it with',
      denominators,
    };
  }
  const above = result?.aboveReference ?? null;
  return {
    label: `Adjusted score of ${reference} and of ${best.model}, -80 to 100, by ${board.judge}`,
    result: `${score(first.score?.value)} -> ${score(best.score?.value)}`,
    difference:
      above === null
        ? 'no task has a score of both'
        : `paired difference ${formatSigned(above.mean * 10, 1)} over ${formatCount(above.n)} tasks, ${formatConfidence(confidence)} interval [${formatNumber(above.low * 10, 1)}, ${formatNumber(above.high * 10, 1)}]`,
    denominators,
  };
}

function rewardHeadline(report: WildbenchReport, { judge, policies }: JudgeBoard): ReportHeadline {
  const reward = policies.flatMap(({ policy, rewards }) => rewards.slice(0, 1).map((own) => ({ policy, ...own })))[0];
  return {
    label: `Mean reward of ${reward?.policy ?? 'nobody'} against ${reward?.baseline ?? 'nobody'}, -1 to 1, by ${judge}`,
    result: formatNumber(reward?.reward ?? null, 2),
    difference:
      reward?.reward === undefined || reward.reward === null
        ? 'no pair could be counted'
        : `${formatConfidence(report.confidence)} interval ${formatBounds({ mean: reward.reward, low: reward.low, high: reward.high, n: reward.counted })}`,
    denominators: `${tasksOf(report)}, ${formatCount(reward?.counted ?? 0)} pairs counted, ${formatCount(reward?.unreadable ?? 0)} unreadable, ${formatCount(reward?.missing ?? 0)} missing`,
  };
}

/** What all judgments of a board lack, those of the reference too. Every length penalty reads the same pairs. */
function holesOf({ policies }: JudgeBoard): string {
  const sum = (numbers: readonly number[]) => formatCount(numbers.reduce((total, number) => total + number, 0));
  const scores = policies.flatMap(({ scores }) => scores ?? []);
  const pairs = policies.flatMap(({ rewards }) =>
    rewards.filter(({ lengthPenaltyChars }) => lengthPenaltyChars === rewards[0]?.lengthPenaltyChars),
  );
  return [
    `scores: ${sum(scores.map(({ unreadable }) => unreadable))} unreadable, ${sum(scores.map(({ missing }) => missing))} missing`,
    ...(pairs.length === 0
      ? []
      : [
          `pairs: ${sum(pairs.map(({ unreadable }) => unreadable))} unreadable, ${sum(pairs.map(({ missing }) => missing))} missing`,
        ]),
  ].join('; ');
}

function tasksOf({ tasksAnswered, tasksInSet }: WildbenchReport): string {
  return `${formatCount(tasksAnswered)} of ${formatCount(tasksInSet)} tasks answered by every policy`;
}

import { html, type Html } from '../../html.ts';
import type { JudgeBoard } from '../../wildbench/board.ts';
import { section } from '../section.ts';
import { wildbenchSampleBlock } from './sample-block.ts';
import { consistencyTable, groupTable, leaderboardTable, policyTable, rewardTable, scoreTable } from './tables.ts';
import type { WildbenchReport } from './wildbench-report.ts';

/** What the report page of WildBench shows before and after its table of calls. */
export function wildbenchSections(report: WildbenchReport): {
  readonly results: Html;
  readonly samples: readonly Html[];
} {
  const judged = report.boards.map((board) => section(`Judge ${board.judge}`, boardOf(board, report), ''));
  return {
    results: html`${judged}${section('Policies', policyTable(report), '')}`,
    samples: report.samples.map((sample, index) => wildbenchSampleBlock(sample, index)),
  };
}

function boardOf(board: JudgeBoard, report: WildbenchReport): Html {
  const { policies } = board;
  const hasRewards = policies.some(({ rewards }) => rewards.length > 0);
  const penalties = policies.flatMap(({ rewards }) => rewards.map(({ lengthPenaltyChars }) => lengthPenaltyChars));
  return html`${selfNote(board, report)} ${leaderboardTable(board, report.confidence)}
    <p class="note">
      Counted in ${report.mode} mode. Scores are adjusted and times 10 (-80 to 100), rewards times 100 (-100 to 100);
      brackets hold bootstrap intervals over tasks, parentheses what is behind a number.
    </p>
    ${policies.some(({ scores }) => scores !== null) ? scoreTable(board, report) : null} ${groupTable(board, penalties)}
    ${hasRewards ? rewardTable(board) : null} ${consistencyTable(board)}`;
}

function selfNote({ judge }: JudgeBoard, { judges }: WildbenchReport): Html | null {
  const found = judges.find(({ name }) => name === judge);
  if (found === undefined || found.isAlso.length === 0) return null;
  return html`<p class="warning">
    The judge is ${found.model}, the model behind ${found.isAlso.join(', ')}: it judges itself, and judges favour their
    own words.
  </p>`;
}

import { formatCount, formatNumber } from '../../format-number.ts';
import { html, type Html } from '../../html.ts';
import { formatConfidence } from '../format-interval.ts';
import { curveChart, passRateChart } from '../online-dpo/charts.ts';
import { evaluationTable, kindTable, roundsTable } from '../online-dpo/tables.ts';
import { taskTable } from '../online-dpo/task-table.ts';
import { section } from '../section.ts';
import type { BoltReport, BootstrapResult } from './bolt-report.ts';
import { followedBlock } from './followed-block.ts';
import { scoreHistogram } from './histogram.ts';
import { droppedList, fateTable, funnelTable, sftTable, topicTable } from './tables.ts';
import { versionName } from './words.ts';

/** What the report page of BOLT shows before and after its table of calls. */
export function boltSections(report: BoltReport): { readonly results: Html; readonly samples: readonly Html[] } {
  const { curation, bootstrap, sft, rounds, followed } = report;
  const isDone = (stage: string, otherwise: string) =>
    report.stages.includes(stage) ? otherwise : 'This stage is not part of the run.';
  return {
    results: html`${evaluationSection(report)}
    ${section(
      'Curation',
      curation === null ? null : html`${funnelTable(curation)} ${droppedList(curation)}`,
      isDone('bootstrap', 'The curation was not finished.'),
    )}
    ${section(
      'Bootstrapping',
      bootstrap === null ? null : bootstrapContent(bootstrap),
      isDone('bootstrap', 'The bootstrapping was not finished.'),
    )}
    ${section(
      'Supervised fine-tuning',
      sft === null
        ? null
        : html`${sftTable(sft)}
            <figure>
              <figcaption>loss on thoughts and solutions, nats a token</figcaption>
              ${curveChart(sft.curve, 'loss', 'loss')}
            </figure>`,
      isDone('sft', 'Nothing was trained.'),
    )}
    ${section(
      'Online rounds',
      rounds.length === 0 ? null : roundsTable(rounds, versionName),
      isDone('online', 'No round was finished.'),
    )}`,
    samples: followed === null ? [] : [followedBlock(followed)],
  };
}

function evaluationSection(report: BoltReport): Html {
  const { evaluations, confidence } = report;
  if (evaluations.length === 0) return section('Evaluation', null, 'No held-out evaluation was finished.');
  return section(
    'Evaluation',
    html`<figure>
        <figcaption>Held-out pass rate, whiskers: ${formatConfidence(confidence)} interval</figcaption>
        ${passRateChart(evaluations, versionName)}
      </figure>
      ${evaluationTable(report, versionName)} ${kindTable(report, versionName)}
      ${taskTable(report.evaluations, versionName)}
      <p class="note">
        Judged is what a user sees: the solution without the thoughts. Thoughts that never end leave nothing to see, and
        such an answer passes nothing.
      </p>`,
    '',
  );
}

function bootstrapContent({ yields, cut, histogram, rows, minYield, percentile, advice }: BootstrapResult): Html {
  const { samples, valid, fates } = yields.all;
  const answered = samples - fates.failed;
  const isLow = valid < minYield * answered || rows === 0;
  const said = `${formatCount(valid)} of ${formatCount(answered)} answered samples follow the format (at least ${formatNumber(minYield * 100, 1)} % are asked for), and ${formatCount(rows)} rows came of them.`;
  return html`<p class="${isLow ? 'warning' : 'note'}">${said} ${advice ?? ''}</p>
    ${topicTable(yields)} ${fateTable(yields)}
    ${
      cut === null
        ? html`<p class="quiet">No response has a score, so there is no cut.</p>`
        : html`<figure>
            <figcaption>
              Scores of ${formatCount(cut.scores)} solutions by ${cut.stamp.scorer} (revision ${cut.stamp.revision});
              ${formatCount(cut.below)} lie strictly below the cut at percentile ${percentile} and are dropped
            </figcaption>
            ${scoreHistogram(histogram, cut.cut)}
          </figure>`
    }`;
}

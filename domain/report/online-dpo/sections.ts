import { html, type Html } from '../../html.ts';
import { formatConfidence } from '../format-interval.ts';
import { section } from '../section.ts';
import { curveChart, passRateChart, roundName } from './charts.ts';
import type { OnlineDpoReport } from './online-dpo-report.ts';
import { sampleBlock } from './sample-block.ts';
import { evaluationTable, gatesTable, kindTable, roundsTable } from './tables.ts';
import { taskTable } from './task-table.ts';

/** What the report page of online DPO shows before and after its table of calls. */
export function onlineDpoSections(report: OnlineDpoReport): {
  readonly results: Html;
  readonly samples: readonly Html[];
} {
  return {
    results: html`${evaluationSection(report)} ${roundsSection(report)} ${gatesSection(report)}`,
    samples: report.samples.map(sampleBlock),
  };
}

function evaluationSection(report: OnlineDpoReport): Html {
  if (report.evaluations.length === 0) return section('Evaluation', null, 'No held-out evaluation was finished.');
  return section(
    'Evaluation',
    html`<figure>
        <figcaption>Held-out pass rate, whiskers: ${formatConfidence(report.confidence)} interval</figcaption>
        ${passRateChart(report.evaluations)}
      </figure>
      ${evaluationTable(report)} ${kindTable(report)} ${taskTable(report.evaluations)}`,
    '',
  );
}

function gatesSection({ rounds, bestRound, ruler, evaluations, method }: OnlineDpoReport): Html | null {
  if (method === null || rounds.length === 0) return null;
  const best = evaluations.find(({ round }) => round === bestRound);
  const measure = ruler === 'gold' ? 'held-out gold rate' : 'held-out pass rate';
  return section(
    'Gates',
    html`<p>
        Method ${method}. The run returns <strong>${roundName(bestRound)}</strong>, the best version that was accepted,
        by ${measure}${best === undefined ? null : html` (<code>${best.policyStamp}</code>)`}. It was chosen on the
        prompts that it is measured on, which flatters the best of several rounds.
      </p>
      ${rounds.some(({ gates }) => gates !== null) ? gatesTable(rounds) : null}`,
    '',
  );
}

function roundsSection({ rounds }: OnlineDpoReport): Html {
  const curves = rounds
    .filter(({ curve }) => curve.length > 0)
    .map(
      ({ round, curve }) =>
        html`<div class="curves">
          <h3>Training, ${roundName(round)}</h3>
          ${
            curve.every(({ margin }) => margin === null)
              ? null
              : html`<figure>
                  <figcaption>reward margin, chosen minus rejected</figcaption>
                  ${curveChart(curve, 'margin', 'reward margin')}
                </figure>`
          }
          <figure>
            <figcaption>loss</figcaption>
            ${curveChart(curve, 'loss', 'loss')}
          </figure>
        </div>`,
    );
  return section(
    'Rounds',
    rounds.length === 0 ? null : html`${roundsTable(rounds)}${curves}`,
    'No round was finished.',
  );
}

import type { Interval } from '../bootstrap.ts';
import { formatCount, formatNumber } from '../format-number.ts';
import { html, type Html } from '../html.ts';
import { renderPage } from '../report/page.ts';
import type { Calibration, ReliabilityBin } from './calibration.ts';
import { reliabilityChart } from './reliability-chart.ts';

/** What the reliability page shows. */
export interface ReliabilityPage {
  /** What the probabilities are called, for example the name of their file. */
  readonly name: string;
  readonly calibration: Calibration;
  /** Brier score with its interval; null without answers. */
  readonly brier: Interval | null;
  /** Answers with no readable probability. */
  readonly unparsed: number;
}

const RELIABILITY_STYLE = `
.reliability{max-width:30rem}
.reliability .diagonal{fill:none;stroke:var(--quiet);stroke-width:1.25;stroke-dasharray:4 4}
.reliability .axis{fill:none;stroke:var(--rule)}
.reliability .gap{fill:none;stroke:var(--no);stroke-width:1.5;opacity:.65}
.reliability .dot{fill:var(--accent);stroke:var(--paper);stroke-width:1.5}
`;

/** A judge's reliability picture and table as one HTML file: no script, nothing loaded, every text escaped. */
export function renderReliabilityHtml({ name, calibration, brier, unparsed }: ReliabilityPage): string {
  const content = html`<h1>Reliability of ${name}</h1>
    <div class="headline">
      <p class="label">Expected calibration error of P(yes), 0 is perfect</p>
      <p class="result">${formatNumber(calibration.ece, 3)}</p>
      <p class="quiet">
        over ${formatCount(calibration.count)} answers in ${calibration.bins.length} bins of equal width;
        ${formatCount(unparsed)} more unparsed. Brier score ${brierText(brier)}
      </p>
    </div>
    <figure>
      <figcaption>
        On the dashed line a judge’s P(yes) is the share of its answers that humans say yes to: below it the judge
        believes too much, above it too little. Dots grow with their bin, red lines are the gaps.
      </figcaption>
      ${reliabilityChart(calibration)}
    </figure>
    ${binTable(calibration.bins)}`;
  return renderPage({ title: `Reliability: ${name}`, content, style: RELIABILITY_STYLE });
}

function brierText(brier: Interval | null): string {
  if (brier === null) return 'not reported.';
  return `${formatNumber(brier.mean, 3)} [${formatNumber(brier.low, 3)}, ${formatNumber(brier.high, 3)}], 0.25 for always 0.5.`;
}

function binTable(bins: readonly ReliabilityBin[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Bins">
    <table>
      <caption>
        Bins hold their lower bound; the last one holds 1 too
      </caption>
      <thead>
        <tr>
          <th scope="col">P(yes)</th>
          <th scope="col">Answers</th>
          <th scope="col">Humans yes</th>
          <th scope="col">Mean P(yes)</th>
          <th scope="col">Yes rate</th>
          <th scope="col">Gap</th>
        </tr>
      </thead>
      <tbody>
        ${bins.map(binRow)}
      </tbody>
    </table>
  </div>`;
}

function binRow({ low, high, count, yes, meanProbability, yesRate }: ReliabilityBin): Html {
  const gap = meanProbability === null || yesRate === null ? null : meanProbability - yesRate;
  const show = (value: number | null): string => (value === null ? '–' : formatNumber(value, 3));
  return html`<tr>
    <th scope="row">${formatNumber(low, 2)}–${formatNumber(high, 2)}</th>
    <td>${formatCount(count)}</td>
    <td>${formatCount(yes)}</td>
    <td>${show(meanProbability)}</td>
    <td>${show(yesRate)}</td>
    <td>${show(gap)}</td>
  </tr>`;
}

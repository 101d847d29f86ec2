import { formatCount, formatNumber, formatSeconds } from '../../format-number.ts';
import { html, type Html, type HtmlValue } from '../../html.ts';
import { formatBounds, formatConfidence, formatSigned } from '../format-interval.ts';
import { roundName } from '../online-dpo/charts.ts';
import { renderPage } from '../page.ts';
import { section } from '../section.ts';
import { row, rowGroup, table, tableBody } from '../table.ts';
import type { ComparedRun, Comparison } from './compare-runs.ts';
import { dashOf, hueOf, rateChart } from './rate-chart.ts';
import type { SeedGroup, Spread } from './seed-groups.ts';

const STYLE =
  '.run .line{stroke:hsl(var(--hue) 60% 50%)}.run .dot{fill:hsl(var(--hue) 60% 50%)}.spread{stroke:hsl(var(--hue) 60% 50%);stroke-width:1.5;opacity:.55}.legend{list-style:none;margin:.5rem 0 0;padding:0;display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;font-size:.875rem}.legend svg{width:2.2rem;height:.6rem;margin-right:.5rem;vertical-align:middle}';

/** The comparison as one HTML file: no script, nothing loaded. */
export function renderComparisonHtml(comparison: Comparison): string {
  const { runs, seedGroups, cautions, confidence, differing } = comparison;
  const content = html`<header>
      <h1>${runs.length} runs side by side</h1>
      ${cautions.map((caution) => html`<p class="warning">${caution}</p>`)}
    </header>
    ${section(
      'Held-out rate over rollouts sampled',
      html`<figure>
          <figcaption>
            Each point is a policy version; bars: ${formatConfidence(confidence)} interval over prompts
          </figcaption>
          ${rateChart(runs)}
          <ul class="legend">
            ${runs.map(legendEntry)}
          </ul>
        </figure>
        ${resultTable(comparison)}`,
      '',
    )}
    ${seedGroups.length === 0 ? null : section('Over seeds', seedTable(seedGroups, confidence), '')}
    ${section('Every version', versionTable(comparison), '')}
    ${section('In what they differ', differing.length === 0 ? null : differenceTable(comparison), 'In nothing but their names.')}`;
  return renderPage({ title: `${runs.length} runs side by side`, content, style: STYLE });
}

function legendEntry(run: ComparedRun, index: number): Html {
  return html`<li class="run" style="--hue:${hueOf(run)}">
    <svg viewBox="0 0 35 10" aria-hidden="true">
      <path class="line" stroke-dasharray="${dashOf(index)}" d="M0 5L35 5" /></svg
    >${run.runName} (${run.method ?? 'no training'})
  </li>`;
}

const MEASURES: readonly (readonly [name: string, value: (run: ComparedRun) => HtmlValue])[] = [
  ['status', ({ status }) => status],
  ['method', ({ method }) => method ?? 'none'],
  ['seed', ({ seed }) => seed],
  ['base', ({ versions }) => formatNumber(versions.find(({ round }) => round === 0)?.rate?.mean ?? null, 3)],
  ['returned version', ({ best }) => (best === null ? 'none' : roundName(best.round))],
  ['its rate', ({ best }) => formatNumber(best?.rate?.mean ?? null, 3)],
  ['its rate by gold', ({ best }) => (best?.gold ? formatNumber(best.gold.mean, 3) : 'not measured')],
  [
    'its difference from the base',
    ({ best }) => (best?.round === 0 ? '' : formatSigned(best?.difference?.mean ?? null, 3)),
  ],
  ['interval of the difference', ({ best }) => (best?.round === 0 ? '' : formatBounds(best?.difference ?? null))],
  ['rollouts sampled', ({ rollouts }) => formatCount(rollouts)],
  ['of them failed', ({ failed }) => formatCount(failed)],
  ['rows trained on', ({ rowsTrained }) => formatCount(rowsTrained)],
  ['optimizer steps', ({ steps }) => formatCount(steps)],
  ['training time', ({ trainSeconds }) => formatSeconds(trainSeconds)],
  ['completion tokens, evaluation included', ({ completionTokens }) => formatCount(completionTokens)],
  ['whole time', ({ seconds }) => formatSeconds(seconds)],
];

function resultTable({ runs }: Comparison): Html {
  const rows = MEASURES.map(([name, value]) => row(name, runs.map(value)));
  return table('What came of it, and what it cost', ['', ...runs.map(({ runName }) => runName)], tableBody(rows));
}

function versionTable({ runs }: Comparison): Html {
  const head = [
    'version',
    'rollouts by then',
    'rate',
    'interval',
    'prompts',
    'gold',
    'difference',
    'interval',
    'gates',
  ];
  const groups = runs.map(({ runName, versions }) =>
    rowGroup(
      runName,
      head.length,
      versions.map(({ round, sampled, rate, gold, difference, outcome }) =>
        row(roundName(round), [
          formatCount(sampled),
          formatNumber(rate?.mean ?? null, 3),
          formatBounds(rate),
          formatCount(rate?.n ?? 0),
          gold === null ? '' : `${formatNumber(gold.mean, 3)} ${formatBounds(gold)}`,
          round === 0 ? '' : formatSigned(difference?.mean ?? null, 3),
          round === 0 ? '' : formatBounds(difference),
          outcome ?? '',
        ]),
      ),
    ),
  );
  return table('Held-out rate of each version, and what the gates made of it', head, groups);
}

function seedTable(groups: readonly SeedGroup[], confidence: number): Html {
  const head = ['version', 'mean rate', 'seeds', 'difference', 'interval', 'seeds', 'prompts'];
  const bodies = groups.map(({ runNames, seeds, method, versions }) =>
    rowGroup(
      `${method ?? 'no training'}, seeds ${seeds.join(', ')} (${runNames.join(', ')})`,
      head.length,
      versions.map(({ round, rate, difference, differences }) =>
        row(roundName(round), [
          formatNumber(rate?.mean ?? null, 3),
          formatSpread(rate, formatNumber),
          round === 0 ? '' : formatSigned(difference?.mean ?? null, 3),
          round === 0 ? '' : formatBounds(difference),
          round === 0 ? '' : formatSpread(differences, formatSigned),
          difference === null ? '' : formatCount(difference.n),
        ]),
      ),
    ),
  );
  return html`<p class="quiet">
      Runs that differ in nothing but their seed. The interval (${formatConfidence(confidence)}) is over prompts, of the
      mean of these runs; “seeds” is the lowest and the highest of them.
    </p>
    ${table('Means over runs with other seeds', head, bodies)}`;
}

function formatSpread(spread: Spread | null, format: (value: number, decimals: number) => string): string {
  return spread === null ? '' : `${format(spread.lowest, 3)} to ${format(spread.highest, 3)}`;
}

function differenceTable({ runs, differing }: Comparison): Html {
  const rows = differing.map(({ field, values }) => row(html`<code>${field}</code>`, values));
  return table('Fields of the config', ['field', ...runs.map(({ runName }) => runName)], tableBody(rows));
}

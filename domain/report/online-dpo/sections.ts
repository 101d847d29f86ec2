import { formatSeconds } from './format-number.ts';
import { html, type Html, type HtmlValue } from './html.ts';
import { curveChart, passRateChart, roundName } from './report-chart.ts';
import { formatConfidence, reportHeadline } from './report-headline.ts';
import { sampleBlock } from './report-samples.ts';
import { REPORT_STYLE } from './report-style.ts';
import { artifactTable, callsTable, evaluationTable, kindTable, roundsTable, shortHash } from './report-tables.ts';
import type { RunReport } from './run-report.ts';

/** The whole report as one HTML file: no script, nothing loaded, all text of models and data escaped. */
export function renderReportHtml(report: RunReport): string {
  // The style sheet is ours and holds `>` and quotes that escaping would break, so it is put in after the template.
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${report.runName}: ${report.status}</title>
        <style></style>
      </head>
      <body>
        <main>
          ${header(report)} ${evaluationSection(report)} ${roundsSection(report)}
          ${section('Model calls', report.calls.length === 0 ? null : callsTable(report), 'No model call was recorded.')}
          ${section('Sample prompts', report.samples.length === 0 ? null : report.samples.map(sampleBlock), 'No sample was kept.')}
          ${section('Lineage', report.artifacts.length === 0 ? null : artifactTable(report), 'No artifact was written.')}
          <section>
            <h2>Config</h2>
            <details>
              <summary>Resolved config, every default filled in</summary>
              <pre>${JSON.stringify(report.config, null, 2)}</pre>
            </details>
          </section>
        </main>
      </body>
    </html> `;
  return page.text.replace('<style></style>', () => `<style>${REPORT_STYLE}</style>`);
}

function header(report: RunReport): Html {
  const headline = reportHeadline(report);
  const { timing } = report;
  return html`<header>
    <h1>${report.runName}</h1>
    <dl class="facts">
      ${fact('Status', html`<span class="status ${report.status}">${report.status}</span>`)}
      ${fact('Started', formatTime(timing.startedAt))}
      ${fact('Finished', timing.finishedAt === null ? 'not reported' : formatTime(timing.finishedAt))}
      ${fact('Took', formatSeconds(timing.seconds))} ${fact('Seed', report.seed)}
      ${fact('Config', shortHash(report.configHash))}
    </dl>
    ${report.statusReason === null ? null : html`<p>${report.statusReason}</p>`}
    <div class="headline">
      <p class="label">Held-out pass rate</p>
      <p class="result">${headline.result.replace('->', '→')}</p>
      <p>${sentence(headline.difference)}</p>
      <p class="quiet">${sentence(headline.denominators.replace(' x ', ' × '))}</p>
    </div>
  </header>`;
}

function evaluationSection(report: RunReport): Html {
  if (report.evaluations.length === 0) return section('Evaluation', null, 'No held-out evaluation was finished.');
  return section(
    'Evaluation',
    html`<figure>
        <figcaption>Held-out pass rate, whiskers: ${formatConfidence(report.confidence)} interval</figcaption>
        ${passRateChart(report.evaluations)}
      </figure>
      ${evaluationTable(report)} ${kindTable(report)}`,
    '',
  );
}

function roundsSection({ rounds }: RunReport): Html {
  const curves = rounds
    .filter(({ curve }) => curve.length > 0)
    .map(
      ({ round, curve }) =>
        html`<div class="curves">
          <h3>Training, ${roundName(round)}</h3>
          <figure>
            <figcaption>reward margin, chosen minus rejected</figcaption>
            ${curveChart(curve, 'margin', 'reward margin')}
          </figure>
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

function section(title: string, content: HtmlValue, whenEmpty: string): Html {
  return html`<section>
    <h2>${title}</h2>
    ${content ?? html`<p class="quiet">${whenEmpty}</p>`}
  </section>`;
}

function fact(name: string, value: HtmlValue): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function formatTime(iso: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::[\d.]+)?Z$/.exec(iso);
  return match === null ? iso : `${match[1]} ${match[2]} UTC`;
}

import { formatSeconds } from '../format-number.ts';
import { html, type Html, type HtmlValue } from '../html.ts';
import { bestOfNSections } from './best-of-n/sections.ts';
import { boltSections } from './bolt/sections.ts';
import { headlineOf } from './headline-of.ts';
import { magpieSections } from './magpie/sections.ts';
import { onlineDpoSections } from './online-dpo/sections.ts';
import { refineSections } from './refine/sections.ts';
import type { RunReport } from './run-report.ts';
import { artifactTable, callsTable } from './run-tables.ts';
import { section } from './section.ts';
import { renderPage } from './page.ts';
import { shortHash } from './table.ts';
import { skillmixSections } from './skillmix/sections.ts';
import { wildbenchSections } from './wildbench/sections.ts';

/** What a loop adds to the page: its results, what it says of its calls, its samples. */
interface LoopSections {
  readonly results: Html;
  readonly callsNote?: Html;
  readonly samples: readonly Html[];
}

/** The whole report as one HTML file: no script, nothing loaded, all text of models and data escaped. */
export function renderReportHtml(report: RunReport): string {
  const { results, callsNote, samples } = sectionsOf(report);
  const calls = report.calls.length === 0 ? null : html`${callsTable(report.calls)}${callsNote ?? null}`;
  const content = html`${header(report)} ${results} ${section('Model calls', calls, 'No model call was recorded.')}
    ${section('Samples', samples.length === 0 ? null : samples, 'No sample was kept.')}
    ${section('Lineage', report.artifacts.length === 0 ? null : artifactTable(report), 'No artifact was written.')}
    <section>
      <h2>Config</h2>
      <details>
        <summary>Resolved config, every default filled in</summary>
        <pre>${JSON.stringify(report.config, null, 2)}</pre>
      </details>
    </section>`;
  return renderPage({ title: `${report.runName}: ${report.status}`, content });
}

function sectionsOf(report: RunReport): LoopSections {
  switch (report.loop) {
    case 'online-dpo':
      return onlineDpoSections(report);
    case 'bolt':
      return boltSections(report);
    case 'refine':
      return refineSections(report);
    case 'best-of-n':
      return bestOfNSections(report);
    case 'skillmix':
      return skillmixSections(report);
    case 'wildbench':
      return wildbenchSections(report);
    case 'magpie':
      return magpieSections(report);
  }
}

function header(report: RunReport): Html {
  const { label, result, difference, denominators } = headlineOf(report);
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
      <p class="label">${label}</p>
      <p class="result">${result.replace('->', '→')}</p>
      <p>${sentence(difference)}</p>
      <p class="quiet">${sentence(denominators.replace(' x ', ' × '))}</p>
    </div>
  </header>`;
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

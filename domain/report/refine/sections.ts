import { formatCount, formatNumber } from '../../format-number.ts';
import { html, type Html } from '../../html.ts';
import type { CallBudget } from '../call-budget.ts';
import { formatConfidence } from '../format-interval.ts';
import { judgingNotes } from '../judging-notes.ts';
import { section } from '../section.ts';
import type { RefineReport } from './refine-report.ts';
import { refineSampleBlock } from './sample-block.ts';
import { countsTable, returnedTable, turnTable } from './tables.ts';
import { turnChart, turnLegend } from './turn-chart.ts';

/** What the report page of self-refinement shows before and after its table of calls. */
export function refineSections(report: RefineReport): {
  readonly results: Html;
  readonly callsNote: Html;
  readonly samples: readonly Html[];
} {
  const isEmpty = report.loops.every(({ prompts }) => prompts === 0);
  return {
    results: html`${section('Pass rate by turn', isEmpty ? null : byTurn(report), 'No shard of prompts was finished.')}
    ${section('How it went', isEmpty ? null : countsTable(report), 'No shard of prompts was finished.')}`,
    callsNote: budgetNote(report.callBudget),
    samples: report.samples.map((sample, index) => refineSampleBlock(sample, index, report)),
  };
}

function byTurn(report: RefineReport): Html {
  const { loops, judging, confidence } = report;
  const isMeasured = judging.measuredBy !== 'nothing';
  return html`${judgingNotes(judging, 'rewriting')} ${regeneratedNote(report)} ${sameCodeNote(report)}
  ${
    isMeasured
      ? html`<figure>
          <figcaption>
            Gold pass rate by turn, whiskers: ${formatConfidence(confidence)} interval. ${turnLegend(loops)}
          </figcaption>
          ${turnChart(loops)}
        </figure>`
      : null
  }
  ${loops.map(turnTable)} ${isMeasured ? returnedTable(report) : null}`;
}

function regeneratedNote({ checklist }: RefineReport): Html | null {
  if (checklist === 'fixed') return null;
  return html`<p class="note">
    Each turn has a checklist of its own: the judge’s numbers of different turns answer different questions.
  </p>`;
}

function sameCodeNote({ judging }: RefineReport): Html | null {
  if (judging.steeredBy !== 'code' || judging.measuredBy !== 'code') return null;
  return html`<p class="note">
    Code steers and code measures: where both have the same items, a gain shows that rewriting meets the items it was
    told, and nothing about a judge.
  </p>`;
}

function budgetNote({ prompts, sent, perPrompt, formula, items, votes, size }: CallBudget): Html {
  return html`<p class="note">
    STICK without measuring: ${formatNumber(perPrompt, 1)} calls a prompt (${formatCount(sent)} calls,
    ${formatCount(prompts)} prompts). The paper’s steps ask for at most 1 + 1 + T (K V + 1) =
    ${formatNumber(formula, 1)} with T = ${size} turns, K = ${formatNumber(items, 1)} items and V = ${votes}, and K V
    more where the last answer is judged too. Answers that stop early, items decided by code and several items in a call
    cost less; second calls for a verdict, and verdicts and checklists that are asked for again, cost more.
  </p>`;
}

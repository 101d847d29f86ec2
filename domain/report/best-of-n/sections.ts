import { formatCount, formatNumber } from '../../format-number.ts';
import { html, type Html } from '../../html.ts';
import { barChart } from '../bar-chart.ts';
import type { CallBudget } from '../call-budget.ts';
import { formatConfidence } from '../format-interval.ts';
import { judgingNotes } from '../judging-notes.ts';
import { section } from '../section.ts';
import type { BestOfNReport } from './best-of-n-report.ts';
import { bestOfNSampleBlock } from './sample-block.ts';
import { armsTable, selectionTable } from './tables.ts';
import { ARM_NAME } from './words.ts';

const LABEL_WIDTH = 118;

/** What the report page of Best-of-N shows before and after its table of calls. */
export function bestOfNSections(report: BestOfNReport): {
  readonly results: Html;
  readonly callsNote: Html;
  readonly samples: readonly Html[];
} {
  const isEmpty = report.tally.prompts === 0;
  const none = 'No shard of prompts was finished.';
  return {
    results: html`${section('Ways to pick an answer', isEmpty ? null : armsOf(report), none)}
    ${section('How it went', isEmpty ? null : selectionTable(report), none)}`,
    callsNote: budgetNote(report.callBudget),
    samples: report.samples.map(bestOfNSampleBlock),
  };
}

function armsOf(report: BestOfNReport): Html {
  const { arms, judging, confidence } = report;
  const bars = arms.map(({ arm, interval }) => ({ name: ARM_NAME[arm], interval, isBase: arm !== 'best-of-n' }));
  return html`${judgingNotes(judging, 'selection')} ${sameRulerNote(report)}
  ${
    arms.length === 0
      ? null
      : html`<figure>
            <figcaption>Gold pass rate, whiskers: ${formatConfidence(confidence)} interval</figcaption>
            ${barChart('Gold pass rate with interval', bars, LABEL_WIDTH)}
          </figure>
          ${armsTable(report)}
          <p class="note">
            Picks truly best: the share of what an arm picks that has the highest gold pass rate of all candidates of
            its prompt, mean over prompts.
          </p>`
  }`;
}

function sameRulerNote({ tally }: BestOfNReport): Html | null {
  const { count, of } = tally.sameRuler;
  if (count === 0) return null;
  return html`<p class="warning">
    On ${formatCount(count)} of ${formatCount(of)} prompts the same items, all decided by code, select and measure:
    there Best-of-N equals the oracle by construction, and says nothing about a judge.
  </p>`;
}

function budgetNote({ prompts, sent, perPrompt, formula, items, votes, size }: CallBudget): Html {
  return html`<p class="note">
    Best-of-N without its baselines and without measuring: ${formatNumber(perPrompt, 1)} calls a prompt
    (${formatCount(sent)} calls, ${formatCount(prompts)} prompts). The paper’s steps ask for N + 1 + N K V =
    ${formatNumber(formula, 1)} with N = ${size}, K = ${formatNumber(items, 1)} items and V = ${votes}. Several
    candidates or items in a call and items decided by code cost less; second calls for a verdict, and verdicts and
    checklists that are asked for again, cost more.
  </p>`;
}

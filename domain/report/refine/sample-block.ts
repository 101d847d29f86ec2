import type { Checklist } from '../../checklist.ts';
import { formatCount } from '../../format-number.ts';
import { html, type Html } from '../../html.ts';
import { compareVerdicts } from '../../refine/decide-turn.ts';
import type { Refinement, TurnRecord } from '../../refine/refinement.ts';
import { answerCard } from '../answer-card.ts';
import type { RefineReport, RefineSample } from './refine-report.ts';
import { LOOP_NAME, returnsOf, STOP_WORDS } from './words.ts';

/** One prompt with every turn, what changed from one to the next, and why it stopped; only the first starts open. */
export function refineSampleBlock(sample: RefineSample, index: number, report: RefineReport): Html {
  const { refinement, baseline, outcome, outcomeBy } = sample;
  const judged = outcome === 'not judged' ? outcome : `${outcome} by ${outcomeBy}`;
  return html`<details class="sample" ${index === 0 ? html` open` : null}>
    <summary>
      <h3>${refinement.promptId}</h3>
      <span class="quiet"
        >${judged}, ${refinement.turns_T.length} ${refinement.turns_T.length === 1 ? 'answer' : 'answers'}</span
      >
    </summary>
    <div class="message"><pre>${refinement.instruction}</pre></div>
    ${turnsOf(refinement, report)}
    ${
      baseline === null
        ? null
        : html`<details>
            <summary>The same prompt by self-critique (${LOOP_NAME[baseline.loop]})</summary>
            ${turnsOf(baseline, report)}
          </details>`
    }
  </details> `;
}

function turnsOf(refinement: Refinement, report: RefineReport): Html {
  const { turns_T, turnedDown, stopReason } = refinement;
  const cards = turns_T.map((record, index) => turnCard(refinement, record, turns_T[index - 1]));
  return html`<p class="why">${whyStopped(refinement, report)}</p>
    <div class="rollouts">
      ${cards}
      ${
        turnedDown === null
          ? null
          : html`<article class="rollout rejected">
              <h4>the next rewrite <span class="tag rejected">turned down: ${STOP_WORDS[stopReason]}</span></h4>
              <pre>${turnedDown === '' ? '(nothing)' : turnedDown}</pre>
            </article>`
      }
    </div>`;
}

function whyStopped({ loop, turns_T, stopReason, returnedTurn, checklist }: Refinement, report: RefineReport): string {
  const last = turns_T.at(-1);
  if (last === undefined || returnedTurn === null) return `No answer: ${STOP_WORDS[stopReason]}.`;
  const without = loop === 'refine' && checklist.length === 0 ? ' Its checklist is empty.' : '';
  return `Stopped after turn ${last.turn}: ${STOP_WORDS[stopReason]}. Turn ${returnedTurn} is returned (${returnsOf(loop, report)}).${without}`;
}

function turnCard(refinement: Refinement, record: TurnRecord, previous: TurnRecord | undefined): Html {
  const { goldChecklist, returnedTurn } = refinement;
  const isReturned = record.turn === returnedTurn;
  const checklist = record.ownChecklist ?? refinement.checklist;
  return answerCard(record, {
    title: `turn ${record.turn}`,
    tags: isReturned ? ['returned'] : [],
    tone: isReturned ? 'good' : 'plain',
    checklist,
    goldChecklist,
    remarks: html`${changesOf(refinement, record, previous)}${tokensOf(record)}${critiqueOf(record)}`,
  });
}

function changesOf(
  { checklist, goldChecklist }: Refinement,
  record: TurnRecord,
  previous: TurnRecord | undefined,
): Html | null {
  if (previous === undefined) return null;
  const gold = compareVerdicts(previous.gold_I, record.gold_I);
  return html`<ul class="changes">
    ${changeLines('judge', record, checklist)} ${changeLines('gold', gold, goldChecklist)}
  </ul>`;
}

function changeLines(
  by: string,
  { gained, lost }: { readonly gained: readonly number[]; readonly lost: readonly number[] },
  checklist: Checklist,
): readonly Html[] {
  const line = (sign: string, name: 'yes' | 'no') => (index: number) =>
    html`<li>
      <span class="answer ${name}">${sign}</span> ${by}: ${checklist[index]?.question ?? `item ${index + 1}`}
    </li>`;
  return [...gained.map(line('gained', 'yes')), ...lost.map(line('lost', 'no'))];
}

function tokensOf({ tokens }: TurnRecord): Html {
  return html`<p class="quiet">${formatCount(tokens.prompt)} tokens in, ${formatCount(tokens.completion)} out</p>`;
}

function critiqueOf({ critique }: TurnRecord): Html | null {
  if (critique === null) return null;
  return html`<details>
    <summary>The critique before it</summary>
    <pre>${critique}</pre>
  </details>`;
}

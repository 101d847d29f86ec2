import { html, type Html } from '../../html.ts';
import type { PairResult, TurnReply } from '../../skillmix/result.ts';
import { endTag } from '../end-tag.ts';

/** One pair with every turn of its chat; only the first starts open. */
export function pairBlock(result: PairResult, index: number): Html {
  const { skills, queryType, end, replies, quality, redraw, critique, change } = result;
  const facts = [
    queryType,
    skills.join(' + '),
    ...(redraw > 0 ? [`redraw ${redraw}`] : []),
    ...(quality === 'clean' ? [] : [quality]),
    ...(critique?.onlyPraise === true ? ['critique only praises'] : []),
    ...(change?.unchanged === true ? ['unchanged by refinement'] : []),
  ];
  return html`<details class="sample" ${index === 0 ? html` open` : null}>
    <summary>
      <h3>Row ${result.slot + 1}</h3>
      <span class="quiet">${facts.join(', ')}</span>
    </summary>
    ${
      end.ok
        ? html`<div class="message">
              <span class="role">user (${end.from})</span>
              <pre>${end.pair.instruction}</pre>
            </div>
            <div class="message">
              <span class="role">assistant</span>
              <pre>${end.pair.response}</pre>
            </div>`
        : html`<p class="warning">No row: ${end.turn}, ${end.fault}.</p>`
    }
    <div class="rollouts">${replies.map(replyBlock)}</div>
  </details> `;
}

function replyBlock({ turn, isRewrite, attempt, text, finishReason, fault }: TurnReply): Html {
  const name = `${turn}${isRewrite ? ', shorter' : ''}${attempt > 0 ? `, try ${attempt + 1}` : ''}`;
  return html`<article class="rollout unused">
    <h4>${name} ${endTag(finishReason)} ${fault === null ? null : html`<span class="tag">${fault}</span>`}</h4>
    <pre>${text === null ? '(no reply)' : text === '' ? '(empty reply)' : text}</pre>
  </article>`;
}

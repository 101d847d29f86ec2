import { formatNumber } from '../../format-number.ts';
import { html, type Html } from '../../html.ts';
import type { JudgedRollout } from '../../rollout.ts';
import { endTag } from '../end-tag.ts';
import { verdictList } from '../verdict-list.ts';
import type { ReportSample } from './online-dpo-report.ts';

/** One prompt with its rollouts, the verdict of every item, and what was made of them; only the first starts open. */
export function sampleBlock(sample: ReportSample, index: number): Html {
  const { prompt, rollouts_G } = sample;
  return html`<details class="sample" ${index === 0 ? html` open` : null}>
    <summary>
      <h3>${prompt.promptId}</h3>
      <span class="quiet">round ${sample.round}, ${rollouts_G.length} rollouts</span>
    </summary>
    ${prompt.messages.map(
      (message) =>
        html`<div class="message">
          <span class="role">${message.role}</span>
          <pre>${message.content}</pre>
        </div>`,
    )}
    <p class="why">${sample.why}</p>
    <div class="rollouts">${rollouts_G.map((rollout) => rolloutBlock(sample, rollout))}</div>
  </details> `;
}

function rolloutBlock(sample: ReportSample, rollout: JudgedRollout): Html {
  const role = roleOf(sample, rollout.sampleIndex);
  const { outcome } = rollout;
  const body = outcome.ok
    ? html`<pre>${outcome.text === '' ? '(empty answer)' : outcome.text}</pre>`
    : html`<p class="failed">No answer: <code>${outcome.code}</code> ${outcome.message}</p>`;
  const brokenOff = endTag(outcome.ok ? outcome.finishReason : null);
  return html`<article class="rollout ${role ?? 'unused'}">
    <h4>
      sample ${rollout.sampleIndex}${role === null ? null : html` <span class="tag ${role}">${role}</span>`}${brokenOff}
      <span class="rate">pass rate ${formatNumber(rollout.passRate, 2)}</span>
    </h4>
    ${body} ${verdictList(sample.prompt.checklist, rollout.verdicts_I)}
  </article>`;
}

function roleOf(sample: ReportSample, sampleIndex: number): 'chosen' | 'rejected' | null {
  if (sampleIndex === sample.chosenSampleIndex) return 'chosen';
  return sampleIndex === sample.rejectedSampleIndex ? 'rejected' : null;
}

import { formatNumber } from '../../format-number.ts';
import { html, type Html } from '../../html.ts';
import type { JudgedRollout } from '../../rollout.ts';
import { endTag } from '../end-tag.ts';
import { verdictList } from '../verdict-list.ts';
import type { FollowedQuery, FollowedRound, FollowedSample } from './bolt-report.ts';
import { versionName } from './words.ts';

/** One query through all stages: its curation, its samples, its row, its pairs, and what every version answers. */
export function followedBlock(followed: FollowedQuery): Html {
  const { promptId, query, topic, difficulty, shown, samples, row, rounds, answers } = followed;
  const labels =
    difficulty === null ? 'difficulty not asked for' : `difficulty: ${difficulty.join(', ') || 'none of seven'}`;
  return html`<details class="sample" open>
    <summary>
      <h3>${promptId}</h3>
      <span class="quiet">topic ${topic}, ${labels}</span>
    </summary>
    <div class="message">
      <span class="role">user</span>
      <pre>${query}</pre>
    </div>
    <h4>Bootstrapped with the examples ${shown.length === 0 ? 'not recorded' : shown.join(', ')}</h4>
    <div class="rollouts">${samples.map(sampleCard)}</div>
    <h4>The row that was trained on</h4>
    ${
      row === null
        ? html`<p class="quiet">No response of this query was chosen.</p>`
        : html`<p class="why">Sample ${row.sampleIndex}, score ${formatNumber(row.score, 3)}.</p>
            <pre>${row.completion}</pre>`
    }
    ${rounds.map(pairBlock)}
    <h4>The answer of every policy version, greedy</h4>
    <div class="rollouts">${answers.map(({ round, answer }) => answerCard(versionName(round), answer, followed))}</div>
  </details> `;
}

function sampleCard({ sampleIndex, fate, score, detail, text }: FollowedSample): Html {
  const tone = fate === 'selected' ? 'chosen' : 'unused';
  return html`<article class="rollout ${tone}">
    <h4>
      sample ${sampleIndex} <span class="tag ${tone}">${fate}</span>
      <span class="rate">${score === null ? 'not scored' : `score ${formatNumber(score, 3)}`}</span>
    </h4>
    ${detail === null ? null : html`<p class="quiet">${detail}</p>`}
    ${text === null ? html`<p class="failed">No answer.</p>` : html`<pre>${text === '' ? '(empty answer)' : text}</pre>`}
  </article>`;
}

function pairBlock({ round, pair }: FollowedRound): Html {
  const title = html`<h4>Its pair in round ${versionName(round)}</h4>`;
  if (pair === null)
    return html`${title}
      <p class="quiet">It gave no pair in this round.</p>`;
  const card = (role: 'chosen' | 'rejected', text: string, rate: number | null) =>
    html`<article class="rollout ${role}">
      <h4><span class="tag ${role}">${role}</span><span class="rate">pass rate ${formatNumber(rate, 2)}</span></h4>
      <pre>${text === '' ? '(empty answer)' : text}</pre>
    </article>`;
  return html`${title}
    <div class="rollouts">
      ${card('chosen', pair.chosen, pair.chosenReward)}${card('rejected', pair.rejected, pair.rejectedReward)}
    </div>`;
}

function answerCard(
  name: string,
  { outcome, passRate, verdicts_I }: JudgedRollout,
  { checklist }: FollowedQuery,
): Html {
  const brokenOff = endTag(outcome.ok ? outcome.finishReason : null);
  return html`<article class="rollout unused">
    <h4>${name}${brokenOff} <span class="rate">pass rate ${formatNumber(passRate, 2)}</span></h4>
    ${
      outcome.ok
        ? html`<pre>${outcome.text === '' ? '(empty answer)' : outcome.text}</pre>`
        : html`<p class="failed">No answer: <code>${outcome.code}</code> ${outcome.message}</p>`
    }
    ${verdictList(checklist, verdicts_I)}
  </article>`;
}

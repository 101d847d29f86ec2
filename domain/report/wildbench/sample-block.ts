import { html, type Html } from '../../html.ts';
import type { AnswerPair, AnswerScore } from '../../wildbench/judgments.ts';
import { PAIR_REASONS } from '../../wildbench/reply-schema.ts';
import type { WildbenchSample } from './wildbench-report.ts';

/** One task with all answers, what the judges said of them, and why; only the first starts open. */
export function wildbenchSampleBlock({ task, answers }: WildbenchSample, index: number): Html {
  return html`<details class="sample" ${index === 0 ? html` open` : null}>
    <summary>
      <h3>${task.promptId}</h3>
      <span class="quiet">${[task.primaryTag, ...task.secondaryTags].join(', ')}</span>
    </summary>
    ${task.messages.map(
      ({ role, content }) =>
        html`<div class="message">
          <span class="role">${role}</span>
          <pre>${content}</pre>
        </div>`,
    )}
    <details>
      <summary>Checklist, ${task.checklist.length} questions</summary>
      <ul>
        ${task.checklist.map(({ question }) => html`<li>${question}</li>`)}
      </ul>
    </details>
    <div class="rollouts">${answers.map(answerBlock)}</div>
  </details> `;
}

function answerBlock({ policy, text, lengthLimited, looped, scores, pairs }: WildbenchSample['answers'][number]): Html {
  return html`<article class="rollout unused">
    <h4>
      ${policy} ${lengthLimited ? html`<span class="tag">truncated</span>` : null}
      ${looped ? html`<span class="tag">looping</span>` : null}
    </h4>
    <pre>${text === null ? '(the call failed)' : text === '' ? '(empty answer)' : text}</pre>
    <ul class="verdicts">
      ${scores.map(scoreLine)} ${pairs.map(pairLine)}
    </ul>
  </article>`;
}

function scoreLine({ judge, score, by, strengths, weaknesses, unreadable }: AnswerScore): Html {
  const verdict = score === null ? 'none' : String(score);
  const said = unreadable === null ? `strengths: ${strengths} weaknesses: ${weaknesses}` : `unreadable, ${unreadable}`;
  return html`<li>
    <span class="answer ${score === null ? 'unparsed' : ''}">${verdict}</span
    ><span>score <span class="quiet">${by === 'code' ? 'code: empty answer' : `${judge}: ${said}`}</span></span>
  </li>`;
}

function pairLine({ judge, baseline, modelIsA, choice, by, reasons, unreadable }: AnswerPair): Html {
  const said =
    unreadable === null
      ? PAIR_REASONS.flatMap((name) => (reasons[name] === undefined ? [] : [`${name}: ${reasons[name]}`])).join(' ')
      : `unreadable, ${unreadable}`;
  return html`<li>
    <span class="answer ${choice === null ? 'unparsed' : ''}">${choice ?? 'none'}</span
    ><span
      >against ${baseline}, this answer was ${modelIsA ? 'A' : 'B'}
      <span class="quiet">${by === 'code' ? 'code: an answer is empty' : `${judge}: ${said}`}</span></span
    >
  </li>`;
}

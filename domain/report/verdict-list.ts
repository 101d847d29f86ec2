import type { Checklist, Verdict } from '../checklist.ts';
import { html, type Html } from '../html.ts';

/** Each item with its verdict, who gave it and why; `null` without verdicts. */
export function verdictList(checklist: Checklist, verdicts_I: readonly Verdict[]): Html | null {
  if (verdicts_I.length === 0) return null;
  return html`<ul class="verdicts">
    ${verdicts_I.map((verdict, index) => {
      const question = checklist[index]?.question ?? `item ${index + 1}`;
      const cause = verdict.answer === 'unparsed' ? `, ${verdict.cause}` : '';
      const secondCalls = verdict.secondCalls === undefined ? '' : `, votes by second call: ${verdict.secondCalls}`;
      return html`<li>
        <span class="answer ${verdict.answer}">${verdict.answer}</span
        ><span>${question} <span class="quiet">${verdict.by}${cause}${secondCalls}: ${verdict.reason}</span></span>
      </li>`;
    })}
  </ul>`;
}

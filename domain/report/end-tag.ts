import { tagOfEnd, type FinishReason } from '../completion.ts';
import { html, type Html } from '../html.ts';

/** A mark for a text that its server broke off at a limit; `null` for any other. */
export function endTag(finishReason: FinishReason | null): Html | null {
  const end = finishReason === null ? null : tagOfEnd(finishReason);
  return end === null ? null : html` <span class="tag">${end}</span>`;
}

import type { UnparsedCause } from '../checklist.ts';
import type { FinishReason } from '../completion.ts';

/** A label that was read from a labeller's reply, or why none was; a query without a label is neither easy nor off topic. */
export type LabelReply<Label> =
  | { readonly ok: true; readonly label: Label }
  | { readonly ok: false; readonly cause: UnparsedCause; readonly detail: string };

/** A reply that was cut off or is blank; `null` for one that can be read. */
export function findUnreadableReply(
  reply: string,
  finishReason: FinishReason,
): Extract<LabelReply<never>, { readonly ok: false }> | null {
  if (finishReason !== 'stop') return { ok: false, cause: 'truncated', detail: `ended with "${finishReason}"` };
  return reply.trim() === '' ? { ok: false, cause: 'empty', detail: 'no text' } : null;
}

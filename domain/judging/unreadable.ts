import type { UnparsedCause, Verdict } from '../checklist.ts';
import type { FinishReason } from '../completion.ts';

const LONGEST_REASON = 400;

const REFUSAL =
  /\b(?:I(?:'|’)m sorry|I am sorry|I apologi[sz]e|I (?:can(?:no|'|’)t|can not|won(?:'|’)t|will not|am unable to|(?:'|’)m unable to|must decline)|I(?:'|’)m (?:unable|not able) to|as an AI)\b/i;

/** A reply that cannot be read whatever is in it: cut off, or empty. */
export function findUnreadable(reply: string, finishReason: FinishReason): Verdict | undefined {
  // Even with a verdict in it: what was cut off might have taken it back.
  if (finishReason === 'length' || finishReason === 'repetition') return unparsed('truncated', reply);
  return reply.trim() === '' ? unparsed('empty', reply) : undefined;
}

/** The verdict on a reply in which no verdict was found. */
export function withoutVerdict(reply: string): Verdict {
  return unparsed(REFUSAL.test(reply) ? 'refused' : 'malformed', reply);
}

/** No verdict, and why. */
export function unparsed(cause: UnparsedCause, reason: string): Verdict {
  return { answer: 'unparsed', by: 'judge', cause, reason: shortenReason(reason) };
}

/** At most 400 characters. The end of a reason is nearest to the verdict, so that is what stays. */
export function shortenReason(reason: string): string {
  const trimmed = reason.trim();
  return trimmed.length <= LONGEST_REASON ? trimmed : `…${trimmed.slice(-LONGEST_REASON)}`;
}

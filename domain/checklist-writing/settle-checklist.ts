import type { Checklist } from '../checklist.ts';
import { countCompound, type CheckedReply, type ChecklistRejection, type ChecklistRules } from './check-checklist.ts';

/** What a reader should know of a checklist that was kept. */
export type ChecklistFlag = 'too-few' | 'too-many' | 'items-dropped' | 'truncated' | 'compound';

/** The checklist that a prompt ends up with, or why there is none. */
export type SettledChecklist =
  | { readonly ok: true; readonly items: Checklist; readonly flags: readonly ChecklistFlag[] }
  | { readonly ok: false; readonly reason: ChecklistRejection };

/** Whether the writer need not be asked again. */
export function isAcceptable({ complaints }: CheckedReply): boolean {
  return complaints.length === 0;
}

/**
 * Settles on a checklist once no further try is allowed: an acceptable reply as it is, otherwise the reply with the most
 * usable questions (the earlier one at a tie), flagged; too many are cut to the first ones. No usable question is a failure
 * with its reason, never an empty checklist.
 *
 * @param replies all tries in order, at least one
 * @throws RangeError without a reply
 */
export function settleChecklist(
  replies: readonly CheckedReply[],
  { minItems, maxItems }: ChecklistRules,
): SettledChecklist {
  const usable = ({ items }: CheckedReply) => Math.min(items.length, maxItems);
  const [first] = replies;
  if (first === undefined) throw new RangeError('there is no reply to settle on');
  const best =
    replies.find((reply) => isAcceptable(reply)) ?? replies.reduce((a, b) => (usable(b) > usable(a) ? b : a), first);
  const items = best.items.slice(0, maxItems);
  const complaints = new Set(best.complaints.map(({ reason }) => reason));
  const isWorthless = items.every(({ weight }) => weight === 0);
  if (items.length === 0 || isWorthless) return { ok: false, reason: failureOf(replies) };
  const flags: readonly (readonly [ChecklistFlag, boolean])[] = [
    ['too-few', items.length < minItems],
    ['too-many', best.items.length > maxItems],
    ['items-dropped', best.items.length < best.written.length],
    ['truncated', complaints.has('truncated')],
    ['compound', countCompound(items) > 0],
  ];
  return { ok: true, items, flags: flags.flatMap(([flag, isSet]) => (isSet ? [flag] : [])) };
}

/** The last try was told of the faults of the others, so its fault is the one that remains. */
function failureOf(replies: readonly CheckedReply[]): ChecklistRejection {
  const complaints = replies.at(-1)?.complaints ?? [];
  // That too few questions are left says less than why the others went.
  return (complaints.find(({ reason }) => reason !== 'too-few') ?? complaints[0])?.reason ?? 'empty';
}

import type { UnparsedCause, Verdict } from '../checklist.ts';
import type { FinishReason } from '../completion.ts';
import { fillTemplate } from '../fill-template.ts';
import { LABELS } from './probability-mode.ts';
import { stripThoughts } from './strip-thoughts.ts';
import { findUnreadable, shortenReason, withoutVerdict } from './unreadable.ts';

/** A reply that closed without a verdict, or was cut off before it. Whoever refused is not made to choose. */
const SETTLED_CAUSES: ReadonlySet<UnparsedCause> = new Set(['malformed', 'truncated']);

/** Fills the template of the second call, which follows the judge's own reason. */
export function renderVerdictPrompt(template: string, question: string): string {
  return fillTemplate("The judge's verdict template", template, { question: { quoted: question } });
}

/**
 * What a second call has to show the judge to get a verdict out of this reply: its reason, without thoughts; `undefined`
 * when the reply has a verdict, refuses, or says nothing.
 */
export function reasonToSettle(reply: string, verdict: Verdict): string | undefined {
  if (verdict.answer !== 'unparsed' || !SETTLED_CAUSES.has(verdict.cause)) return undefined;
  const said = stripThoughts(reply);
  return said.trim() === '' ? undefined : said;
}

/**
 * Reads the reply of the second call: one of the two words and nothing else, since a server that does not know the
 * constraint answers freely.
 *
 * @param reason of the first call
 */
export function parseChoice(reply: string, finishReason: FinishReason, reason: string): Verdict {
  const said = stripThoughts(reply);
  const unreadable = findUnreadable(said, finishReason);
  if (unreadable !== undefined) return unreadable;
  const chosen = LABELS.find((label) => label === said.trim().toUpperCase());
  if (chosen === undefined) return withoutVerdict(said);
  return { answer: chosen === 'YES' ? 'yes' : 'no', by: 'judge', reason: shortenReason(reason), secondCalls: 1 };
}

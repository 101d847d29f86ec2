import type { UnparsedCause, Verdict } from './checklist.ts';
import type { FinishReason } from './completion.ts';
import { ConfigError } from './errors.ts';

/** What a judge sees of one item. */
export interface JudgeFields {
  readonly instruction: string;
  readonly answer: string;
  readonly question: string;
}

const FIELD_NAMES = ['instruction', 'answer', 'question'] as const satisfies readonly (keyof JudgeFields)[];
const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;
const SHORTEST_FENCE = 3;
const LONGEST_REASON = 400;

/** A line that holds a verdict and nothing else; judges like to set it in bold or in quotes. */
const VERDICT_LINE = /^[\s*_`#>"']*verdict[\s*_`]*:[\s*_`"']*(yes|no)[\s*_`"'.!]*$/i;

const REFUSAL =
  /\b(?:I(?:'|’)m sorry|I am sorry|I apologi[sz]e|I (?:can(?:no|'|’)t|can not|won(?:'|’)t|will not|am unable to|(?:'|’)m unable to|must decline)|I(?:'|’)m (?:unable|not able) to|as an AI)\b/i;

/**
 * Fills the judge's template in one pass, each text in a fence of backticks longer than any run of them in it: what an
 * answer says can neither close its fence nor be taken for a placeholder.
 *
 * @throws ConfigError `config/invalid` when the template has an unknown placeholder or lacks one
 */
export function renderJudgePrompt(template: string, fields: JudgeFields): string {
  requirePlaceholders(template);
  return template.replaceAll(PLACEHOLDER, (_match, name: keyof JudgeFields) => fence(fields[name]));
}

/** Reads the verdict of a judge: its reason, then a line `VERDICT: YES` or `VERDICT: NO`; the last such line decides. */
export function parseVerdict(reply: string, finishReason: FinishReason): Verdict {
  // Even with a verdict in it: what was cut off might have taken it back.
  if (finishReason === 'length' || finishReason === 'repetition') return unparsed('truncated', reply);
  if (reply.trim() === '') return unparsed('empty', reply);
  const lines = reply.split('\n');
  const position = lines.findLastIndex((line) => VERDICT_LINE.test(line));
  const answer = VERDICT_LINE.exec(lines[position] ?? '')?.[1]?.toLowerCase();
  if (answer === 'yes' || answer === 'no') {
    return { answer, by: 'judge', reason: shorten(lines.slice(0, position).join('\n')) };
  }
  return unparsed(REFUSAL.test(reply) ? 'refused' : 'malformed', reply);
}

function requirePlaceholders(template: string): void {
  const found = new Set([...template.matchAll(PLACEHOLDER)].map((match) => match[1] ?? ''));
  const known: ReadonlySet<string> = new Set(FIELD_NAMES);
  const unknown = [...found].filter((name) => !known.has(name));
  const missing = FIELD_NAMES.filter((name) => !found.has(name));
  if (unknown.length === 0 && missing.length === 0) return;
  const complaint = unknown.length > 0 ? `has the unknown placeholder {{${unknown[0]}}}` : `lacks {{${missing[0]}}}`;
  throw new ConfigError(
    'config/invalid',
    `The judge's template ${complaint}; use {{instruction}}, {{answer}} and {{question}} and no other.`,
  );
}

function fence(text: string): string {
  const longestRun = (text.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0);
  const marks = '`'.repeat(Math.max(SHORTEST_FENCE, longestRun + 1));
  return `${marks}text\n${text}\n${marks}`;
}

function unparsed(cause: UnparsedCause, reply: string): Verdict {
  return { answer: 'unparsed', by: 'judge', cause, reason: shorten(reply) };
}

/** The end of a reason is nearest to the verdict, so that is what stays. */
function shorten(reason: string): string {
  const trimmed = reason.trim();
  return trimmed.length <= LONGEST_REASON ? trimmed : `…${trimmed.slice(-LONGEST_REASON)}`;
}

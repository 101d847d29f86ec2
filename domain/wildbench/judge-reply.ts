import type { FinishReason } from '../completion.ts';
import { stripThoughts } from '../judging/strip-thoughts.ts';
import type { ConformanceMode } from './mode.ts';

/** Why a judge's reply gave nothing. */
export type UnreadableCause = 'empty' | 'truncated' | 'malformed' | 'key-missing' | 'out-of-range';

/** A text field of the judge's JSON, and by which rung of the ladder it was read; or why it could not be. */
export type ReplyField =
  | {
      readonly ok: true;
      readonly value: string;
      readonly rung: 'json' | 'embedded' | 'pattern';
      readonly object: Readonly<Record<string, unknown>>;
    }
  | { readonly ok: false; readonly cause: UnreadableCause };

/**
 * Reads one field of a judge's JSON: the whole reply as JSON; then, in strict mode only, the object within a fence or
 * prose; then the field by its pattern. The pattern wants the closing quote or delimiter, since a score of 10 that was cut
 * after its first digit would read as 1, and refuses a reply that holds two different values.
 *
 * @source WildBench repository, src/openai_batch_eval/batch_results_format.py (JSON or nothing: mode upstream) and
 * src/eval.py (then a pattern)
 */
export function readReplyField(
  reply: string,
  field: string,
  finishReason: FinishReason,
  mode: ConformanceMode,
): ReplyField {
  if (reply.trim() === '') return { ok: false, cause: 'empty' };
  const whole = parseObject(reply);
  if (whole !== null) return fieldOf(whole, field, 'json');
  if (mode === 'upstream') return { ok: false, cause: 'malformed' };
  const said = stripThoughts(reply);
  const embedded = parseObject(said.slice(said.indexOf('{'), said.lastIndexOf('}') + 1));
  if (embedded !== null) return fieldOf(embedded, field, 'embedded');
  // Even with a value in it: what was cut off might have said another.
  if (finishReason === 'length' || finishReason === 'repetition') return { ok: false, cause: 'truncated' };
  const [value, ...others] = new Set(matchField(said, field));
  return value === undefined || others.length > 0
    ? { ok: false, cause: 'malformed' }
    : { ok: true, value, rung: 'pattern', object: {} };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function fieldOf(object: Readonly<Record<string, unknown>>, field: string, rung: 'json' | 'embedded'): ReplyField {
  const value = Object.hasOwn(object, field) ? object[field] : undefined;
  return typeof value === 'string' || typeof value === 'number'
    ? { ok: true, value: String(value).trim(), rung, object }
    : { ok: false, cause: 'key-missing' };
}

/** Values of a field in broken JSON; its name is one of ours. */
function matchField(reply: string, field: string): string[] {
  const quote = `["'“”]`;
  const value = String.raw`([0-9]{1,2}|[AB]\+{1,2}|A=B)`;
  const pattern = new RegExp(`${quote}${field}${quote}\\s*:\\s*${quote}?${value}\\s*(?:${quote}|[,}\\n])`, 'g');
  return [...reply.matchAll(pattern)].map((match) => match[1] ?? '');
}

import type { FinishReason } from '../completion.ts';
import { fillTemplate } from '../fill-template.ts';
import { listField, readJsonReply, textField, unreadable, type ReadReply } from './read-json-reply.ts';
import type { RowTags } from './synthesis-row.ts';

/** A verdict, and the categories it was found under, apart. */
export type Safety = NonNullable<RowTags['safety']>;

/** A guard by training, or any chat model that is held to a schema. */
export type GuardFormat = 'llama-guard' | 'json';

/** Fills `prompts/tag-safety.md`. @throws ConfigError `config/invalid` when its placeholders are not the right ones */
export function renderSafetyPrompt(template: string, query: string): string {
  return fillTemplate('The template prompts/tag-safety.md', template, { query: { quoted: query } });
}

/** Reads what a guard said of a query. */
export function readGuardReply(format: GuardFormat, reply: string, finishReason: FinishReason): ReadReply<Safety> {
  return format === 'json' ? readJsonVerdict(reply, finishReason) : readTwoLines(reply, finishReason);
}

/**
 * "safe", or "unsafe" and a line of category codes with commas between them. A verdict with anything else on its line is
 * none: a guard that begins to talk has not decided.
 *
 * @source Llama Guard 2 and 3, their model cards
 */
function readTwoLines(reply: string, finishReason: FinishReason): ReadReply<Safety> {
  const lines = reply.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
  const verdict = lines[0]?.toLowerCase();
  // The verdict comes first, so that categories which were cut off do not take it back.
  if (verdict !== 'safe' && verdict !== 'unsafe') {
    if (finishReason !== 'stop') return { ok: false, cause: 'truncated', detail: `ended with "${finishReason}"` };
    return verdict === undefined
      ? { ok: false, cause: 'empty', detail: 'no text' }
      : unreadable('the first line is neither "safe" nor "unsafe"');
  }
  if (verdict === 'safe') {
    return lines.length > 1 ? unreadable('"safe", and more lines') : { ok: true, value: { verdict, categories: [] } };
  }
  const codes = (lines[1] ?? '').split(/[,\s]+/).filter((code) => /^[A-Za-z]{1,2}\d{1,2}$/.test(code));
  return { ok: true, value: { verdict, categories: [...new Set(codes.map((code) => code.toUpperCase()))] } };
}

function readJsonVerdict(reply: string, finishReason: FinishReason): ReadReply<Safety> {
  const read = readJsonReply(reply, finishReason);
  if (!read.ok) return read;
  const verdict = textField(read.value, 'verdict')?.toLowerCase();
  if (verdict !== 'safe' && verdict !== 'unsafe') return unreadable('verdict is neither "safe" nor "unsafe"');
  const categories = listField(read.value, 'categories') ?? [];
  // A safe query has no category to be filed under, whatever the model lists.
  return { ok: true, value: { verdict, categories: verdict === 'safe' ? [] : [...new Set(categories)] } };
}

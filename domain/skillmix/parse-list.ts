import { stripThoughts } from '../judging/strip-thoughts.ts';

const MARK = /^\s*(?:[-*•–]\s+|\(?\d{1,4}[.):]\s*|[a-z][.)]\s+)?/i;
/** What follows a name on its line: a definition after a colon or a dash. */
const DEFINITION = /(?::|\s[-–—]\s).*$/s;

/**
 * The entries of a list that a model wrote: one a line under any bullets or numbers, a JSON list, bare or under `names`, or one line with commas.
 * Headings, openings ("Here are ten topics:") and definitions behind a name are left out.
 */
export function parseList(reply: string): readonly string[] {
  const text = stripThoughts(reply).trim();
  const json = parseJsonList(text);
  if (json !== null) return json;
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !/^\s*(?:#|```)/.test(line));
  const entries = lines.flatMap((line) => {
    const bare = line.replace(MARK, '').trim();
    // A line that opens a list names nothing.
    if (/[:：]\s*\**$/.test(bare) || /^(?:here (?:is|are)|sure\b|certainly\b|of course\b)/i.test(bare)) return [];
    return [
      bare
        .replace(/[*`"“”]/g, '')
        .replace(DEFINITION, '')
        .trim(),
    ];
  });
  const [only] = entries;
  const isOneLine = entries.length === 1 && only !== undefined && (only.match(/,/g) ?? []).length >= 2;
  return (isOneLine ? only.split(',') : entries)
    .map((entry) => entry.replace(/(?<![.,;])[.,;]+$/, '').trim())
    .filter((entry) => entry !== '');
}

function parseJsonList(text: string): readonly string[] | null {
  const [, fenced] = /^```(?:json)?[ \t\r]*\n([\s\S]*?)\n```/.exec(text) ?? [];
  const body = (fenced ?? text).trim();
  if (!/^[[{]/.test(body)) return null;
  try {
    const value = JSON.parse(body) as unknown;
    const list = Array.isArray(value) ? value : (value as { readonly names?: unknown }).names;
    if (!Array.isArray(list)) return null;
    return list.filter((entry): entry is string => typeof entry === 'string' && entry.trim() !== '');
  } catch {
    return null;
  }
}

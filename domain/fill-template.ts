import { defuseChatTokens } from './chat-tokens.ts';
import { ConfigError } from './errors.ts';

/**
 * What stands in for one placeholder: text from a model or a data set is quoted, in a fence it cannot close; plain text
 * is our own (a number, a list of names) and stands as it is.
 */
export type TemplateField = { readonly quoted: string } | { readonly plain: string };

/** Has to be matched again from the start on each use, which `matchAll` and `replaceAll` do. */
const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;
const SHORTEST_FENCE = 3;

/**
 * Fills a prompt template in one pass: what a text says can neither close its fence nor be taken for a placeholder or a
 * replacement pattern. Every field has to have its place; a place may come more than once.
 *
 * @param name of the template, as a reader of the error knows it: "The judge's template"
 * @throws ConfigError `config/invalid` when the template has an unknown placeholder or lacks one
 */
export function fillTemplate(name: string, template: string, fields: Readonly<Record<string, TemplateField>>): string {
  const texts = new Map(Object.entries(fields).map(([field, value]) => [field, renderField(value)]));
  const found = new Set([...template.matchAll(PLACEHOLDER)].map((match) => match[1] ?? ''));
  const unknown = [...found].find((field) => !texts.has(field));
  const missing = [...texts.keys()].find((field) => !found.has(field));
  if (unknown !== undefined || missing !== undefined) {
    const complaint = unknown === undefined ? `lacks {{${missing}}}` : `has the unknown placeholder {{${unknown}}}`;
    throw new ConfigError('config/invalid', `${name} ${complaint}; use ${listAll([...texts.keys()])} and no other.`);
  }
  return template.replaceAll(PLACEHOLDER, (_match, field: string) => texts.get(field) ?? '');
}

function renderField(field: TemplateField): string {
  return 'quoted' in field ? fence(defuseChatTokens(field.quoted)) : field.plain;
}

/** A fence of backticks longer than any run of them in the text. */
function fence(text: string): string {
  const longestRun = (text.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0);
  const marks = '`'.repeat(Math.max(SHORTEST_FENCE, longestRun + 1));
  return `${marks}text\n${text}\n${marks}`;
}

function listAll(names: readonly string[]): string {
  const placeholders = names.map((name) => `{{${name}}}`);
  const last = placeholders.at(-1) ?? 'no placeholder';
  return placeholders.length < 2 ? last : `${placeholders.slice(0, -1).join(', ')} and ${last}`;
}

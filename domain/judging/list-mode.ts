import type { JsonValue } from '../canonical-json.ts';
import type { Verdict } from '../checklist.ts';
import type { FinishReason } from '../completion.ts';
import { fillTemplate } from '../fill-template.ts';
import { stripThoughts } from './strip-thoughts.ts';
import { findUnreadable, shortenReason, unparsed, withoutVerdict } from './unreadable.ts';

const nameOf = (index: number): string => `item_${index + 1}`;

/** Fills the template of a list: each question is one line under the name that the reply has to use. */
export function renderListPrompt(
  template: string,
  fields: { readonly instruction: string; readonly answer: string; readonly questions: readonly string[] },
): string {
  // On one line each, so that no question can begin the next one.
  const lines = fields.questions.map(
    (question, index) => `${nameOf(index)}: ${question.replaceAll(/\s+/g, ' ').trim()}`,
  );
  return fillTemplate("The judge's list template", template, {
    instruction: { quoted: fields.instruction },
    answer: { quoted: fields.answer },
    questions: { quoted: lines.join('\n') },
  });
}

/** JSON schema of a reply on so many items: the reason stands before the verdict, and servers write in that order. */
export function listReplySchema(items: number): { readonly [key: string]: JsonValue } {
  const names = Array.from({ length: items }, (_, index) => nameOf(index));
  return {
    type: 'object',
    properties: Object.fromEntries(
      names.map((name) => [
        name,
        {
          type: 'object',
          properties: { reason: { type: 'string' }, verdict: { type: 'string', enum: ['YES', 'NO'] } },
          required: ['reason', 'verdict'],
          additionalProperties: false,
        },
      ]),
    ),
    required: names,
    additionalProperties: false,
  };
}

/** Reads the verdicts of a list, in order of the questions; an item that is missing or off the menu is unparsed alone. */
export function parseListReply(reply: string, finishReason: FinishReason, items: number): readonly Verdict[] {
  const said = stripThoughts(reply);
  const every = (verdict: Verdict): readonly Verdict[] => Array.from({ length: items }, () => verdict);
  const unreadable = findUnreadable(said, finishReason);
  if (unreadable !== undefined) return every(unreadable);
  const entries = readObject(said);
  if (entries === undefined) return every(withoutVerdict(said));
  const names = Array.from({ length: items }, (_, index) => nameOf(index));
  // An unknown name means that the judge counts otherwise than we do, so none of its names can be trusted.
  const unknown = [...entries.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined) return every(unparsed('malformed', `unknown item ${JSON.stringify(unknown)}`));
  return names.map((name) => readEntry(name, entries.get(name)));
}

function readEntry(name: string, entry: unknown): Verdict {
  if (typeof entry !== 'object' || entry === null) return unparsed('malformed', `${name} is missing`);
  const { reason, verdict } = entry as { readonly reason?: unknown; readonly verdict?: unknown };
  const answer = typeof verdict === 'string' ? verdict.trim().toLowerCase() : undefined;
  if (answer !== 'yes' && answer !== 'no') return unparsed('malformed', `${name} has no verdict YES or NO`);
  return { answer, by: 'judge', reason: shortenReason(typeof reason === 'string' ? reason : '') };
}

function readObject(text: string): ReadonlyMap<string, unknown> | undefined {
  // A server without structured output may set its JSON in a code fence.
  const fenced = /^```(?:json)?[ \t\r]*\n([\s\S]*)```$/i.exec(text.trim());
  try {
    const value: unknown = JSON.parse(fenced?.[1] ?? text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? new Map(Object.entries(value))
      : undefined;
  } catch {
    return undefined;
  }
}

import type { UnparsedCause } from '../checklist.ts';
import type { FinishReason } from '../completion.ts';
import { findUnreadableReply } from '../bolt/label-reply.ts';
import { stripThoughts } from '../judging/strip-thoughts.ts';

/** What was read of a reply, or why nothing was. */
export type ReadReply<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly cause: UnparsedCause; readonly detail: string };

/** A reply of the right form that does not say what was asked. */
export function unreadable(detail: string): ReadReply<never> {
  return { ok: false, cause: 'malformed', detail };
}

/** The JSON object of a reply: the reply itself, or the one object within a fence or prose. */
export function readJsonReply(reply: string, finishReason: FinishReason): ReadReply<Readonly<Record<string, unknown>>> {
  const said = stripThoughts(reply);
  const cutOff = findUnreadableReply(said, finishReason);
  if (cutOff !== null) return cutOff;
  const object = parseObject(said) ?? parseObject(said.slice(said.indexOf('{'), said.lastIndexOf('}') + 1));
  return object === null ? unreadable('no JSON object') : { ok: true, value: object };
}

/** A text field without blanks around it; `null` where there is none or it is empty. */
export function textField(object: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

/** The texts of a list field; `null` where there is no list. */
export function listField(object: Readonly<Record<string, unknown>>, name: string): readonly string[] | null {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  if (!Array.isArray(value)) return null;
  return (value as readonly unknown[]).flatMap((entry) =>
    typeof entry === 'string' && entry.trim() !== '' ? [entry.trim()] : [],
  );
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

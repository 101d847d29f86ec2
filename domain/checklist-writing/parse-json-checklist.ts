import type { WrittenChecklist, WrittenItem } from './written-item.ts';

const LIST_FIELDS = ['checklist', 'questions', 'items', 'requirements'] as const;
const TEXT_FIELDS = ['question', 'text', 'item', 'requirement'] as const;
const FENCE = /```(?:json)?\s*\n([\s\S]*?)\n\s*```/i;

/**
 * Reads a checklist out of JSON: a list of questions, or an object with `analysis` and such a list (named `checklist`,
 * `questions`, `items` or `requirements`); a question is a text or an object with `question`, `weight` and `kind`.
 *
 * @returns `undefined` when the reply holds no such JSON
 */
export function parseJsonChecklist(reply: string): WrittenChecklist | undefined {
  for (const candidate of [reply, FENCE.exec(reply)?.[1], between(reply, '{', '}'), between(reply, '[', ']')]) {
    const value = candidate === undefined ? undefined : parseJson(candidate);
    const list = listOf(value);
    if (list !== undefined) {
      const analysis = isRecord(value) && typeof value['analysis'] === 'string' ? value['analysis'] : '';
      return { analysis, items: list.flatMap((entry) => toItem(entry) ?? []) };
    }
  }
  return undefined;
}

function between(text: string, open: string, close: string): string | undefined {
  const [start, end] = [text.indexOf(open), text.lastIndexOf(close)];
  return start < 0 || end < start ? undefined : text.slice(start, end + 1);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A list counts only when it holds at least one text or object: "[1]" in prose is a reference mark. */
function listOf(value: unknown): readonly unknown[] | undefined {
  const list = isRecord(value) ? LIST_FIELDS.map((field) => value[field]).find((entry) => Array.isArray(entry)) : value;
  return Array.isArray(list) && list.some((entry) => toItem(entry) !== undefined) ? (list as unknown[]) : undefined;
}

function toItem(entry: unknown): WrittenItem | undefined {
  if (typeof entry === 'string') return { question: oneLine(entry) };
  if (!isRecord(entry)) return undefined;
  const question = TEXT_FIELDS.map((field) => entry[field]).find((text) => typeof text === 'string');
  if (question === undefined) return undefined;
  const { weight, kind } = entry;
  return {
    question: oneLine(question),
    ...(kind === 'explicit' || kind === 'implicit' ? { kind } : {}),
    ...(typeof weight === 'number' ? { weight } : {}),
  };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

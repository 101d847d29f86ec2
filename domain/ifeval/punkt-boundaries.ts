import { stripTrailingSpace } from './python-text.ts';

/** A mark that may end a sentence, and what follows it: a closing sign, or space and the next token. */
const PERIOD_CONTEXT = /[.?!](?=(?<after>[)";}\]*:@'({[‘’“”«»!?]|\p{White_Space}+(?<next>\P{White_Space}+)))/gu;

/** Closing signs at the start of a sentence, which belong to the one before. */
const CLOSING_SIGNS = /^["')\]}‘’“”«»]+?(?:\p{White_Space}+|(?=--)|(?=\n)|$)/u;

interface Context {
  /** Index after the mark. */
  readonly end: number;
  /** Index where the next sentence would begin. */
  readonly nextStart: number;
  /** The word before the mark, the mark and what follows it. */
  readonly text: string;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Splits a text at those marks whose context holds a break; closing signs go to the sentence before them. */
export function splitAtBreaks(text: string, containsBreak: (context: string) => boolean): string[] {
  const spans: Span[] = [];
  let start = 0;
  for (const context of findContexts(text)) {
    if (!containsBreak(context.text)) continue;
    spans.push({ start, end: context.end });
    start = context.nextStart;
  }
  spans.push({ start, end: stripTrailingSpace(text).length });
  return realign(text, spans);
}

/** Of marks that share a word, as in "no!!!", only the last is a context. */
function findContexts(text: string): Context[] {
  const contexts: Context[] = [];
  let word: Span = { start: 0, end: 0 };
  let pending: Context | undefined;
  for (const match of text.matchAll(PERIOD_CONTEXT)) {
    const space = lastSpace(text, word.end, match.index);
    // As in NLTK, a space right at the start counts as none.
    const start = space > word.end ? space + 1 : word.start;
    if (pending !== undefined && word.end <= start) contexts.push(pending);
    word = { start, end: match.index };
    const end = match.index + 1;
    const { after = '', next } = match.groups ?? {};
    const nextStart = next === undefined ? end : end + after.length - next.length;
    pending = { end, nextStart, text: text.slice(start, end) + after };
  }
  if (pending !== undefined) contexts.push(pending);
  return contexts;
}

/** Index of the last ASCII space in [from, to), or `from`. */
function lastSpace(text: string, from: number, to: number): number {
  for (let index = to - 1; index > from; index -= 1) if (/[ \t\n\r\v\f]/.test(text.charAt(index))) return index;
  return from;
}

function realign(text: string, spans: readonly Span[]): string[] {
  const sentences: string[] = [];
  let shift = 0;
  for (const [index, span] of spans.entries()) {
    const start = span.start + shift;
    const next = spans[index + 1];
    const signs = next === undefined ? undefined : CLOSING_SIGNS.exec(text.slice(next.start, next.end))?.[0];
    if (next !== undefined && signs !== undefined) {
      sentences.push(text.slice(start, next.start + stripTrailingSpace(signs).length));
      shift = signs.length;
      continue;
    }
    shift = 0;
    if (start < span.end) sentences.push(text.slice(start, span.end));
  }
  return sentences;
}

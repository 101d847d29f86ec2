import { isWhole, type FinishReason } from '../completion.ts';
import { stripThoughts } from '../judging/strip-thoughts.ts';
import { findHeadings, type Heading } from './find-headings.ts';
import { CANNOT_COMBINE, type PairFault, type PairReply } from './pair.ts';
import { stripQuotes } from './strip-quotes.ts';

/** How a reply is to be read. */
export interface PairFormat {
  readonly output: 'labels' | 'json';
  /** Whether an answer without its message will do: in a turn that rewrites both, the message then stays as it was. */
  readonly allowAnswerOnly: boolean;
}

const APOLOGY =
  /^(?:(?:i['’]?m|i am)\s+(?:so\s+|very\s+|really\s+)?(?:sorry|afraid),?\s+(?:but\s+)?(?:i|as)\b|i\s+(?:apologi[sz]e|cannot|can['’]?t|can not|am unable|am not able)\b|sorry,?\s+(?:but\s+)?i\b|as an ai\b|unfortunately,?\s+i\b)/i;
/** An answer to somebody in trouble may begin with regret; a refusal is short. */
const LONGEST_APOLOGY = 400;
const PLACEHOLDER = /^(?:<[^<>\n]{1,80}>|\[[^[\]\n]{1,80}\]|\([^()\n]{1,80}\)|\{[^{}\n]{1,80}\}|\.{3}|…)$/;
/** A line with a rule or a stray heading mark, as it stands between the parts. */
const STRAY_LINE = /^[ \t]*(?:#{1,6}|-{3,}|\*{3,}|={3,})[ \t]*$/;

/** Reads a message and its answer from a reply, or says why it can't. */
export function parsePair(reply: string, finishReason: FinishReason, format: PairFormat): PairReply {
  const text = stripThoughts(reply).replaceAll('\r\n', '\n').trim();
  if (text === '') return fault(isWhole(finishReason) ? 'empty' : brokenOff(finishReason));
  if (isRefusalToCombine(text)) return fault('cannot-combine');
  const read = format.output === 'json' ? readJson(text) : readLabels(text, format.allowAnswerOnly);
  // What was cut may have lost its label or its end: the finish reason says so, nothing else does.
  if (!isWhole(finishReason)) return fault(brokenOff(finishReason));
  return read.ok ? check(read, format) : read;
}

/** The message of a draft whose answer was cut; `null` where it is not whole. */
export function parseInstruction(reply: string): string | null {
  const text = stripThoughts(reply).replaceAll('\r\n', '\n').trim();
  const quoted = /"instruction"\s*:\s*("(?:[^"\\]|\\.)*")\s*,/.exec(text)?.[1];
  const read = readLabels(text, false);
  const found = quoted === undefined ? (read.ok ? read.instruction : null) : readString(quoted);
  const message = tidy(found ?? '');
  return message === '' || PLACEHOLDER.test(message) ? null : message;
}

function brokenOff(finishReason: FinishReason): PairFault {
  if (finishReason === 'repetition') return 'looped';
  return finishReason === 'length' ? 'cut' : 'unfinished';
}

function readString(quoted: string): string | null {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return null;
  }
}

/** Whether a text is an apology or a refusal instead of content. */
export function isApology(text: string): boolean {
  return text.length <= LONGEST_APOLOGY && APOLOGY.test(text.trim());
}

function fault(of: PairFault): PairReply {
  return { ok: false, fault: of };
}

function isRefusalToCombine(text: string): boolean {
  const bare = text.replace(/[*_`"'.#]/g, '').trim();
  return bare.toUpperCase().startsWith(CANNOT_COMBINE) && bare.length < 2 * LONGEST_APOLOGY;
}

/** The first heading of a message, and the first of an answer behind it; one set the same way comes before others. */
function readLabels(text: string, allowAnswerOnly: boolean): PairReply {
  const headings = findHeadings(text);
  const instruction = headings.find(({ kind }) => kind === 'instruction');
  if (instruction === undefined) return readAnswerOnly(text, headings, allowAnswerOnly);
  const behind = headings.filter(({ kind, lineStart }) => kind === 'response' && lineStart >= instruction.contentStart);
  const response =
    behind.find(({ style }) => style === instruction.style) ?? behind[0] ?? inlineResponse(text, instruction);
  if (response === undefined) return fault('no-response');
  return {
    ok: true,
    instruction: text.slice(instruction.contentStart, response.lineStart),
    response: text.slice(response.contentStart, endOfResponse(text, headings, instruction, response)),
  };
}

function readAnswerOnly(text: string, headings: readonly Heading[], allowAnswerOnly: boolean): PairReply {
  const response = headings.find(({ kind }) => kind === 'response');
  if (!allowAnswerOnly) {
    if (isApology(text)) return fault('apology');
    return fault(response === undefined ? 'no-labels' : 'no-instruction');
  }
  // A label far down belongs to the answer itself.
  const isOpening = response !== undefined && text.slice(0, response.lineStart).trim().length < 200;
  return { ok: true, instruction: null, response: isOpening ? text.slice(response.contentStart) : text };
}

/** Both labels in one line: taken where the second one stands there only once. */
function inlineResponse(text: string, { contentStart, lineStart }: Heading): Heading | undefined {
  const found = [
    ...text.slice(contentStart).matchAll(/(?<=\s)(?:[#*_]+\s*)?(?:response|answer)\s*(?:[*_]+\s*)?[:：]\s*[*_]*/gi),
  ];
  const [only] = found;
  if (found.length !== 1 || only === undefined) return undefined;
  const at = contentStart + only.index;
  return at === lineStart
    ? undefined
    : { kind: 'response', style: 'bare', lineStart: at, contentStart: at + only[0].length };
}

/** A model may go on with another pair: set apart as the first one was, it ends the answer. */
function endOfResponse(text: string, headings: readonly Heading[], first: Heading, response: Heading): number {
  const next = headings.find(
    ({ kind, style, lineStart }) =>
      kind === 'instruction' && style !== 'bare' && style === first.style && lineStart > response.contentStart,
  );
  return next?.lineStart ?? text.length;
}

function readJson(text: string): PairReply {
  const [, fenced] = /^```(?:json)?[ \t]*\n([\s\S]*?)\n```/.exec(text) ?? [];
  const body = fenced ?? text.slice(Math.max(0, text.indexOf('{')), text.lastIndexOf('}') + 1);
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return fault(isApology(text) ? 'apology' : 'malformed');
  }
  const { instruction, response } = (value ?? {}) as { readonly instruction?: unknown; readonly response?: unknown };
  if (typeof instruction === 'string' && isRefusalToCombine(instruction)) return fault('cannot-combine');
  if (typeof response !== 'string') return fault('no-response');
  return { ok: true, instruction: typeof instruction === 'string' ? instruction : null, response };
}

function check(
  { instruction, response }: Extract<PairReply, { ok: true }>,
  { allowAnswerOnly }: PairFormat,
): PairReply {
  const message = instruction === null ? null : tidy(instruction);
  const answer = tidy(response);
  if (message === '' || (message === null && !allowAnswerOnly)) return fault('no-instruction');
  if (answer === '') return fault('no-response');
  if (isApology(answer)) return fault('apology');
  if ((message !== null && PLACEHOLDER.test(message)) || PLACEHOLDER.test(answer)) return fault('placeholder');
  return { ok: true, instruction: message, response: answer };
}

function tidy(text: string): string {
  const lines = text.trim().split('\n');
  let end = lines.length;
  while (end > 1 && STRAY_LINE.test(lines[end - 1] ?? '')) end -= 1;
  return stripQuotes(lines.slice(0, end).join('\n').trim());
}

/** Reads an answer that was spoiled on purpose: any text will do, but not an apology or one that was broken off. */
export function parseSpoiled(
  reply: string,
  finishReason: FinishReason,
): { readonly ok: true; readonly value: string } | { readonly ok: false; readonly fault: PairFault } {
  const value = stripQuotes(stripThoughts(reply));
  if (!isWhole(finishReason)) return { ok: false, fault: brokenOff(finishReason) };
  if (value === '') return { ok: false, fault: 'empty' };
  return isApology(value) ? { ok: false, fault: 'apology' } : { ok: true, value };
}

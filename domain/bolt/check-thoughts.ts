import { defuseChatTokens } from '../chat-tokens.ts';
import type { FinishReason } from '../completion.ts';
import { asksForLanguage, foreignScriptShare, proseLanguage } from './text-language.ts';
import { LAYOUT_CODES, parseThoughts, type ThoughtDelimiters, type ThoughtParts } from './thought-format.ts';
import { repeatedShare, sharedShare, wordGrams, wordsOf } from './word-grams.ts';

/** What became of a response: `ok`, a fault of layout, or one of content in the order in which they are looked for. */
export const FORMAT_CODES = [
  'ok',
  ...LAYOUT_CODES,
  'template_marker',
  'prompt_echo',
  'repetition',
  'language',
  'leak',
  'too_short',
  'too_long',
] as const;

export type FormatCode = (typeof FORMAT_CODES)[number];

/** Bounds of one part, tokens, both inclusive. */
export interface TokenBounds {
  readonly min: number;
  readonly max: number;
}

/** When a response is let through. Shares are in [0, 1]. */
export interface FormatRules {
  readonly delimiters: ThoughtDelimiters;
  readonly thoughtTokens: TokenBounds;
  readonly solutionTokens: TokenBounds;
  /** Largest share of word 6-grams that came before, in the whole of a part or in its last 120 words. */
  readonly maxRepetition: number;
  /** Largest share of a solution's word 8-grams that an example shown in the prompt has too. */
  readonly maxEcho: number;
  /** Largest share of a solution's word 8-grams that the thoughts have too. */
  readonly maxOverlap: number;
  /** Whether the solution has to be in the language of the query; thoughts may be in any. */
  readonly sameLanguage: boolean;
}

/** One response, and what it was asked. */
export interface DrawnResponse {
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly query: string;
  /** Whole texts of the examples in its prompt: a copy of one is no answer. */
  readonly shown: readonly string[];
  /** Headings of the prompt, which have no place in a response. */
  readonly headings: readonly string[];
  /** Of each part, by the policy's tokenizer; `null` for a response that `parseThoughts` finds no parts in. */
  readonly tokens: Readonly<Record<keyof ThoughtParts, number>> | null;
}

/** The code of a response, and its parts where it has them: a response without `ok` is kept too, and counted. */
export interface CheckedResponse {
  readonly code: FormatCode;
  readonly parts: ThoughtParts | null;
  readonly detail: string | null;
}

const REPEATED_GRAM = 6;
const COPIED_GRAM = 8;
const TAIL_WORDS = 120;
/** Below this many grams, a share is noise. */
const FEWEST_GRAMS = 20;
/** A stray foreign name is no mixing of languages. */
const FOREIGN_SHARE = 0.05;

/** "The reasoning above" may mean the solution's own, and "in my thoughts" belongs in love letters. */
const TO_THOUGHTS =
  /\b(?:my|the|these) (?:internal |earlier |previous )?(?:thoughts|thinking|thought process) above\b|\b(?:see|(?:shown|given|explained|derived|described|found|computed|worked out|laid out) (?:in|by)) (?:my|the) (?:internal |earlier |previous )?(?:thoughts|thinking|thought process)\b/i;
/** In its first sentence a solution has nothing above it. */
const TO_NOTHING_ABOVE =
  /^[^.!?\n]{0,80}\b(?:see|shown|explained|derived|described|computed|stated|noted|mentioned|given|worked out|reasoning|analysis|solution|answer) above\b/i;

/**
 * Layout first, then content; the first fault names the response.
 *
 * @source BOLT (arXiv 2502.03860) §3.1.4: "heuristics and rules", which it does not state; these are ours
 */
export function checkResponse(response: DrawnResponse, rules: FormatRules): CheckedResponse {
  const parsed = parseThoughts(response.text, response.finishReason, rules.delimiters);
  // The engine's own detector of loops says nothing about where: a loop is a loop in either part.
  if (response.finishReason === 'repetition')
    return { code: 'repetition', parts: parsed.parts, detail: 'by the server' };
  if (parsed.code !== 'ok') return { ...parsed, detail: null };
  const { parts } = parsed;
  for (const [code, find] of CHECKS) {
    const detail = find(parts, response, rules);
    if (detail !== null) return { code, parts, detail };
  }
  return { code: 'ok', parts, detail: null };
}

type Check = (parts: ThoughtParts, response: DrawnResponse, rules: FormatRules) => string | null;

/** Each tells what it found, without quoting it, or `null`. */
const CHECKS: readonly (readonly [FormatCode, Check])[] = [
  ['template_marker', findMarker],
  ['prompt_echo', findEcho],
  ['repetition', findRepetition],
  ['language', findOtherLanguage],
  ['leak', findLeak],
  ['too_short', (_parts, response, rules) => findLength(response, rules, 'min')],
  ['too_long', (_parts, response, rules) => findLength(response, rules, 'max')],
];

function findMarker(parts: ThoughtParts): string | null {
  const part = partNames.find((name) => defuseChatTokens(parts[name]) !== parts[name]);
  return part === undefined ? null : `a chat template's mark in the ${part}`;
}

function findEcho({ solution, thoughts }: ThoughtParts, response: DrawnResponse, rules: FormatRules): string | null {
  const lines = `${thoughts}\n${solution}`.split('\n').map((line) => line.trim());
  if (response.headings.some((heading) => lines.some((line) => line.startsWith(heading))))
    return 'a heading of the prompt';
  const grams = wordGrams(wordsOf(solution), COPIED_GRAM);
  const shown = new Set(response.shown.flatMap((text) => wordGrams(wordsOf(text), COPIED_GRAM)));
  const share = sharedShare(grams, shown);
  return share > rules.maxEcho ? `${percent(share)} of the solution stands in the examples` : null;
}

function findRepetition(parts: ThoughtParts, _response: DrawnResponse, rules: FormatRules): string | null {
  for (const name of partNames) {
    const words = wordsOf(parts[name]);
    for (const span of [words, words.slice(-TAIL_WORDS)]) {
      const grams = wordGrams(span, REPEATED_GRAM);
      const share = repeatedShare(grams);
      if (grams.length >= FEWEST_GRAMS && share > rules.maxRepetition) {
        return `${percent(share)} of ${grams.length} word ${REPEATED_GRAM}-grams of the ${name} came before`;
      }
    }
  }
  return null;
}

function findOtherLanguage({ solution }: ThoughtParts, { query }: DrawnResponse, rules: FormatRules): string | null {
  if (!rules.sameLanguage) return null;
  const [asked, answered] = [proseLanguage(query), proseLanguage(solution)];
  if (answered !== null && asksForLanguage(query, answered)) return null;
  if (asked !== null && answered !== null && asked !== answered) return `${answered} to a query in ${asked}`;
  const foreign = foreignScriptShare(solution, query);
  return foreign > FOREIGN_SHARE ? `${percent(foreign)} of the letters are of a script the query has none of` : null;
}

function findLeak({ thoughts, solution }: ThoughtParts, _response: DrawnResponse, rules: FormatRules): string | null {
  if (TO_THOUGHTS.test(solution)) return 'the solution refers to the thoughts';
  if (TO_NOTHING_ABOVE.test(solution)) return 'the solution begins with a reference to what is above it';
  const grams = wordGrams(wordsOf(solution), COPIED_GRAM);
  const share = sharedShare(grams, new Set(wordGrams(wordsOf(thoughts), COPIED_GRAM)));
  const isCopy = grams.length >= FEWEST_GRAMS && share > rules.maxOverlap;
  return isCopy ? `${percent(share)} of the solution stands word for word in the thoughts` : null;
}

function findLength(
  { tokens }: DrawnResponse,
  { thoughtTokens, solutionTokens }: FormatRules,
  side: 'min' | 'max',
): string | null {
  const bounds = { thoughts: thoughtTokens, solution: solutionTokens };
  if (tokens === null) throw new Error('The tokens of a response that has parts were not counted.');
  for (const name of partNames) {
    const [count, bound] = [tokens[name], bounds[name][side]];
    if (side === 'min' ? count < bound : count > bound) return `${name} of ${count} tokens, ${side} ${bound}`;
  }
  return null;
}

const partNames = ['thoughts', 'solution'] as const;

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

import { hasChatTokens } from '../chat-tokens.ts';
import type { FinishReason } from '../completion.ts';

/** Why a query is not worth an answer. */
export const SCREEN_REASONS = [
  'length',
  'loops',
  'unfinished',
  'empty',
  'role-confusion',
  'markup',
  'markdown',
  'too-short',
  'dangling',
  'absent-content',
  'duplicate',
] as const;
export type ScreenReason = (typeof SCREEN_REASONS)[number];

/** Rules of thumb that a run can do without. */
export const SCREEN_RULES = [
  'role-confusion',
  'markup',
  'dangling',
  'absent-content',
] as const satisfies readonly ScreenReason[];
export type ScreenRule = (typeof SCREEN_RULES)[number];

/** The rules that can be set. */
export interface ScreenRules {
  /** Shortest query, characters; a Chinese, Japanese or Korean one counts three. */
  readonly minChars: number;
  /** Drop a query that begins with a heading or in bold. */
  readonly rejectMarkdown: boolean;
  /** All where they are absent. */
  readonly rules?: readonly ScreenRule[] | undefined;
}

/** Words by which a model speaks of itself: an "AI engineer" is none. */
const MODEL_SELF = String.raw`(?:ai(?: (?:assistant|(?:language )?model|chatbot)\b|(?=[,.]))|(?:large )?language model\b)`;

const ASSISTANT_OPENING = new RegExp(
  [
    String.raw`^as an? ${MODEL_SELF}`,
    String.raw`^(?:i['’]m|i am) (?:just )?an? (?:${MODEL_SELF}|(?:chatbot|virtual assistant)\b)`,
    String.raw`^(?:you['’]re|you are) an? a[il] (?:assistant|language model|chatbot)\b`,
    String.raw`^(?:sure|certainly|absolutely|of course)(?:[,!.]| thing\b)`,
    String.raw`^(?:i['’]m sorry|i apologi[sz]e), but i\b`,
    String.raw`^here(?:['’]s| is| are) (?:the|a|an|some) [^?]*[:.]`,
    String.raw`^assistant\s*:`,
  ].join('|'),
  'i',
);
// HTML's tag of struck text, named in code; any other mark of a template would be a control token there too.
const STRUCK_TAG = /`[^`\n]*<\/?s>[^`\n]*`/g;
const MARKDOWN_OPENING = /^(?:#{1,6} |\*\*)/;
const REFERENCE =
  /\b(?:the following|this|the attached|the given|the provided|the above|given the following|below) (?:\w+[ -]){0,2}?(?:article|passage|text|paragraph|review|essay|e-?mail|story|poem|document|code|snippet|function|program|query|table|data ?set|data|image|picture|sentences?|words?|list|equation|expression|statement|information|conversation|dialogue|transcript|recipe|letter|abstract|excerpt)\b/i;
// What counts as content: a quotation, which no apostrophe begins, a fence, a further line, a list of items, or words after a colon.
const CONTENT = /(?:["“«‘`]|(?<!\p{L})['’])[^"”»'`]{12,}|```|\n\s*\S|:\s*\S.{7,}/su;
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;

/**
 * Says why a query is left out before anything is paid for it; `undefined` when nothing speaks against it. Duplicates are
 * for whoever has seen the other queries.
 *
 * @param text as it would be asked, stripped
 * @param drawn as the model wrote it: a sanitiser takes the marks of a heading away
 * @source magpie-align/magpie, cards of the filtered sets (queries that end with a colon); the other rules are ours
 */
export function screenQuery(
  text: string,
  { minChars, rejectMarkdown, rules = SCREEN_RULES }: ScreenRules,
  drawn = text,
): ScreenReason | undefined {
  const has = (rule: ScreenRule): boolean => rules.includes(rule);
  if (text === '') return 'empty';
  if (has('role-confusion') && ASSISTANT_OPENING.test(text)) return 'role-confusion';
  if (has('markup') && hasChatTokens(text.replaceAll(STRUCK_TAG, ''))) return 'markup';
  if (rejectMarkdown && MARKDOWN_OPENING.test(drawn.trimStart())) return 'markdown';
  if (lengthOf(text) < minChars) return 'too-short';
  if (has('dangling') && /[:：]\s*[*_]*$/u.test(text)) return 'dangling';
  return has('absent-content') && pointsAtNothing(text) ? 'absent-content' : undefined;
}

/** A query that did not end by itself is incomplete, whatever it says. */
export function screenEnd(finishReason: FinishReason): ScreenReason | undefined {
  switch (finishReason) {
    case 'stop':
      return undefined;
    case 'length':
      return 'length';
    case 'repetition':
      return 'loops';
    default:
      return 'unfinished';
  }
}

/** The form in which two queries are the same one. Compatible characters stay apart: "10²" is not "102". */
export function duplicateKey(text: string): string {
  return text.normalize('NFC').replaceAll(/\s+/gu, ' ').trim().toLowerCase();
}

function lengthOf(text: string): number {
  return text.length + 2 * (text.match(WIDE)?.length ?? 0);
}

/** Speaks of a text that should be there and brings none. */
function pointsAtNothing(text: string): boolean {
  const found = REFERENCE.exec(text);
  if (found === null) return false;
  const rest = text.slice(found.index + found[0].length);
  // "this code" may also be described in words before it; "the following" never is.
  return !CONTENT.test(rest) && !(/^this\b/i.test(found[0]) && CONTENT.test(text.slice(0, found.index)));
}

import {
  PUNKT_ABBREVIATIONS,
  PUNKT_COLLOCATIONS,
  PUNKT_ONLY_LOWER,
  PUNKT_SEEN_BOTH,
  PUNKT_SEEN_LOWER,
  PUNKT_SENTENCE_STARTERS,
} from './punkt-english.ts';
import { isLowerCase, isUpperCase } from './python-text.ts';
import { splitAtBreaks } from './punkt-boundaries.ts';

const SPACE = String.raw`\p{White_Space}`;
const NOT_IN_WORD = String.raw`[)";}\]*:@'({[‘’“”«»!?]`;
const MULTI_MARK = String.raw`(?:-{2,}|\.{2,}|(?:\.${SPACE}){2,}\.)`;
const WORD_END = `(?:$|${SPACE}|${NOT_IN_WORD}|${MULTI_MARK})`;
const TOKEN = new RegExp(
  String.raw`${MULTI_MARK}|(?=[^("\u0060{[:;&#*@)}\]\-,])\P{White_Space}+?(?=${WORD_END}|,${WORD_END})|\P{White_Space}`,
  'gu',
);
const NUMBER = /^-?[.,]?\p{Nd}[\p{Nd},.-]*\.?$/u;
const INITIAL = /^[\p{Alphabetic}\p{M}\p{Pc}\p{Join_Control}]\.$/u;

interface Token {
  readonly text: string;
  readonly type: string;
  isBreak: boolean;
  isAbbreviation: boolean;
  readonly isEllipsis: boolean;
}

/** Whether a word begins a sentence, by how it was seen in the training text. */
type Orthography = 'starter' | 'no-starter' | 'unknown';

const words = (list: string): ReadonlySet<string> => new Set(list.split(' '));

/** Built on first use: 15,000 words. */
let tables: ReturnType<typeof buildTables> | undefined;

function buildTables() {
  return {
    abbreviations: words(PUNKT_ABBREVIATIONS),
    collocations: words(PUNKT_COLLOCATIONS),
    starters: words(PUNKT_SENTENCE_STARTERS),
    seenLower: words(PUNKT_SEEN_LOWER),
    seenBoth: words(PUNKT_SEEN_BOTH),
    onlyLower: words(PUNKT_ONLY_LOWER),
  };
}

/** Number of sentences in a text, as NLTK's English Punkt model splits it. */
export function countPunktSentences(text: string): number {
  return splitPunktSentences(text).length;
}

/**
 * Splits a text into sentences as NLTK 3.10's `PunktTokenizer('english')` does: a port of its procedure with its tables.
 *
 * @source Kiss and Strunk 2006, "Unsupervised Multilingual Sentence Boundary Detection" §4; NLTK `tokenize/punkt.py`
 */
export function splitPunktSentences(text: string): string[] {
  return splitAtBreaks(text, containsBreak);
}

/** Whether a sentence ends before the last token of a short context. */
function containsBreak(context: string): boolean {
  const tokens = context.split('\n').flatMap((line) => (line.match(TOKEN) ?? []).map(toToken));
  for (const [index, token] of tokens.entries()) {
    const next = tokens[index + 1];
    if (next === undefined) return false;
    reconsider(token, next);
    if (token.isBreak) return true;
  }
  return false;
}

/** First pass: decides by the token alone. */
function toToken(text: string): Token {
  tables ??= buildTables();
  const { abbreviations } = tables;
  const type = text.toLowerCase().replace(NUMBER, '##number##');
  const isEllipsis = /^\.\.+$/.test(text);
  const endsWithPeriod = text.length > 1 && text.endsWith('.') && !text.endsWith('..');
  const stem = text.slice(0, -1).toLowerCase();
  const isAbbreviation =
    endsWithPeriod && (abbreviations.has(stem) || abbreviations.has(stem.split('-').at(-1) as string));
  const isMark = text === '.' || text === '?' || text === '!';
  return { text, type, isEllipsis, isAbbreviation, isBreak: isMark || (endsWithPeriod && !isAbbreviation) };
}

/** Second pass: lets the next token change the decision. */
function reconsider(token: Token, next: Token): void {
  tables ??= buildTables();
  if (!token.text.endsWith('.')) return;
  const type = withoutPeriod(token.type);
  const nextType = next.isBreak ? withoutPeriod(next.type) : next.type;
  const isInitial = INITIAL.test(token.text);
  if (tables.collocations.has(`${type}|${nextType}`)) {
    token.isBreak = false;
    token.isAbbreviation = true;
    return;
  }
  const orthography = judgeOrthography(next, nextType);
  if ((token.isAbbreviation || token.isEllipsis) && !isInitial) {
    if (orthography === 'starter' || (startsUpper(next) && tables.starters.has(nextType))) {
      token.isBreak = true;
      return;
    }
  }
  if (!isInitial && type !== '##number##') return;
  const neverLower =
    !tables.seenLower.has(nextType) && !tables.seenBoth.has(nextType) && !tables.onlyLower.has(nextType);
  if (orthography === 'no-starter' || (orthography === 'unknown' && isInitial && startsUpper(next) && neverLower)) {
    token.isBreak = false;
    token.isAbbreviation = true;
  }
}

function judgeOrthography(token: Token, type: string): Orthography {
  tables ??= buildTables();
  if (/^[;:,.!?]$/.test(token.text)) return 'no-starter';
  if (startsUpper(token) && (tables.seenLower.has(type) || tables.onlyLower.has(type))) return 'starter';
  if (startsLower(token) && !tables.onlyLower.has(type)) return 'no-starter';
  return 'unknown';
}

function withoutPeriod(type: string): string {
  return type.length > 1 && type.endsWith('.') ? type.slice(0, -1) : type;
}

function startsUpper({ text }: Token): boolean {
  return isUpperCase(String.fromCodePoint(text.codePointAt(0) as number));
}

function startsLower({ text }: Token): boolean {
  return isLowerCase(String.fromCodePoint(text.codePointAt(0) as number));
}

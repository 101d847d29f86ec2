import { splitPunktSentences } from './punkt.ts';
import { PYTHON_SPACE, splitOnSpace } from './python-text.ts';

type Rule = readonly [pattern: RegExp, replacement: string];

/** Word characters of the `regex` package, and of Python's own `re`. */
const WORD = String.raw`[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]`;
const RE_WORD = String.raw`[\p{L}\p{N}_]`;

const STARTING_QUOTES: readonly Rule[] = [
  [/([«“‘„]|`+)/gu, ' $1 '],
  [/^"/gu, '``'],
  [/(``)/gu, ' $1 '],
  [/([ ([{<])("|'{2})/gu, '$1 `` '],
  [new RegExp(`(?<!${WORD})(')(?!(?:re|ve|ll|m|t|s|d|n)(?!${WORD}))(?=${WORD})`, 'giu'), '$1 '],
];

const PUNCTUATION: readonly Rule[] = [
  // The lookahead with a back-reference takes the whole run, as the possessive quantifier of the original does.
  [/([^.])(\.)(?=([\])}>"'»”’ ]*))\3\p{White_Space}*$/gu, '$1 $2 $3 '],
  [/([:,])(\P{Nd})/gu, ' $1 $2'],
  [/([:,])$/gu, ' $1 '],
  [/\.{2,}/gu, ' $& '],
  [/[;@#$%&]/gu, ' $& '],
  [/[\u2012-\u2015]/gu, ' $& '],
  [/([^.])(\.)([\])}>"']*)\p{White_Space}*$/gu, '$1 $2$3 '],
  [/[?!]/gu, ' $& '],
  [/([^'])' /gu, "$1 ' "],
  [/\*/gu, ' $& '],
  [/[\][(){}<>]/gu, ' $& '],
  [/--/gu, ' -- '],
];

const ENDING_QUOTES: readonly Rule[] = [
  [/([»”’])/gu, ' $1 '],
  [/''/gu, " '' "],
  [/"/gu, " '' "],
  [/\p{White_Space}+/gu, ' '],
  [/([^' ])('[sS]|'[mM]|'[dD]|') /gu, '$1 $2 '],
  [/([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) /gu, '$1 $2 '],
];

const contraction = (first: string, second: string): Rule => [
  new RegExp(`(?<!${RE_WORD})(${first})(${second})(?!${RE_WORD})`, 'giu'),
  ' $1 $2 ',
];

const CONTRACTIONS: readonly Rule[] = [
  contraction('can', 'not'),
  contraction('d', "'ye"),
  contraction('gim', 'me'),
  contraction('gon', 'na'),
  contraction('got', 'ta'),
  contraction('lem', 'me'),
  contraction('more', "'n"),
  [new RegExp(`(?<!${RE_WORD})(wan)(na)(?=[${PYTHON_SPACE}])`, 'giu'), ' $1 $2 '],
  [new RegExp(` ('t)(is)(?!${RE_WORD})`, 'giu'), ' $1 $2 '],
  [new RegExp(` ('t)(was)(?!${RE_WORD})`, 'giu'), ' $1 $2 '],
];

/**
 * Words and marks of a text, as `nltk.word_tokenize` splits it: sentence by sentence, hyphenated words whole.
 *
 * @source NLTK 3.10 `tokenize/destructive.py` `NLTKWordTokenizer`, after the Penn Treebank's tokenizer
 */
export function tokenizeWords(text: string): string[] {
  return splitPunktSentences(text).flatMap(tokenizeSentence);
}

function tokenizeSentence(sentence: string): string[] {
  const marked = ` ${applyRules(sentence, [...STARTING_QUOTES, ...PUNCTUATION])} `;
  return splitOnSpace(applyRules(marked, [...ENDING_QUOTES, ...CONTRACTIONS]));
}

function applyRules(text: string, rules: readonly Rule[]): string {
  return rules.reduce((current, [pattern, replacement]) => current.replace(pattern, replacement), text);
}

import { KANJI_GROUPS, LANGUAGE_PROFILES, LATIN1_EXCLUDED, VIETNAMESE } from './language-profiles.ts';

/** Languages, and for each n-gram how frequent it is in each of them. */
export interface GramTable {
  readonly languages: readonly string[];
  readonly frequencies: ReadonlyMap<string, Float64Array>;
}

const LONGEST_TEXT = 10_000;
const LONGEST_GRAM = 3;

const URL_PATTERN = /https?:\/\/[-_.?&~;+=/#0-9A-Za-z]{1,2076}/gu;
const MAIL_PATTERN = /[-_.0-9A-Za-z]{1,64}@[-_0-9A-Za-z]{1,255}[-_.0-9A-Za-z]{1,255}/gu;
const VIETNAMESE_PAIR = new RegExp(`([${VIETNAMESE.letters}])([${VIETNAMESE.marks}])`, 'gu');
const COMPOSED = VIETNAMESE.composed.split(' ');

const KANJI = new Map(
  KANJI_GROUPS.split(' ').flatMap((group) => {
    const characters = Array.from(group);
    return characters.map((character) => [character, characters[0] as string] as const);
  }),
);

/** Scripts of which one character stands for all. */
const STAND_INS: readonly (readonly [first: number, last: number, character: string])[] = [
  [0x20_00, 0x20_6f, ' '],
  [0x1e_a0, 0x1e_ff, 'ể'],
  [0x30_40, 0x30_9f, 'あ'],
  [0x30_a0, 0x30_ff, 'ア'],
  [0x31_00, 0x31_2f, 'ㄅ'],
  [0x31_a0, 0x31_bf, 'ㄅ'],
  [0xac_00, 0xd7_af, '가'],
];

/** Romanian letters with a comma below, and the Farsi yeh. */
const SAME_LETTER = new Map([
  ['ș', 'ş'],
  ['ț', 'ţ'],
  ['ی', 'ي'],
]);

let table: GramTable | undefined;

/** Unpacks the profiles, once. */
export function loadGramTable(): GramTable {
  table ??= unpackProfiles();
  return table;
}

function unpackProfiles(): GramTable {
  const frequencies = new Map<string, Float64Array>();
  for (const [index, { totals, grams }] of LANGUAGE_PROFILES.entries()) {
    for (const [, gram = '', count] of grams.matchAll(/([^0-9]+)([0-9]+)/gu)) {
      let row = frequencies.get(gram);
      if (row === undefined) {
        row = new Float64Array(LANGUAGE_PROFILES.length);
        frequencies.set(gram, row);
      }
      row[index] = Number(count) / (totals[Array.from(gram).length - 1] ?? 1);
    }
  }
  return { languages: LANGUAGE_PROFILES.map(({ language }) => language), frequencies };
}

/** All known n-grams of a text, in order; words in capitals give only their first letter. */
export function extractGrams(text: string): string[] {
  const { frequencies } = loadGramTable();
  const found: string[] = [];
  let grams = [' '];
  let capitalWord = false;
  for (const raw of cleanText(text)) {
    const character = normalizeCharacter(raw);
    const last = grams.at(-1) as string;
    if (last === ' ') {
      grams = [' '];
      capitalWord = false;
    } else if (grams.length >= LONGEST_GRAM) grams = grams.slice(1);
    if (last !== ' ' || character !== ' ') {
      grams.push(character);
      const upper = /\p{Uppercase}/u.test(character);
      if (!upper) capitalWord = false;
      else if (/\p{Uppercase}/u.test(last)) capitalWord = true;
    }
    if (capitalWord) continue;
    for (let length = 1; length <= Math.min(LONGEST_GRAM, grams.length); length += 1) {
      const gram = grams.slice(-length).join('');
      if (gram !== ' ' && frequencies.has(gram)) found.push(gram);
    }
  }
  return found;
}

/** Takes out addresses and runs of spaces, and Latin letters from a text that is mostly in another script. */
function cleanText(text: string): string[] {
  const plain = text.replaceAll(URL_PATTERN, ' ').replaceAll(MAIL_PATTERN, ' ').replaceAll(VIETNAMESE_PAIR, compose);
  const kept = Array.from(plain)
    .slice(0, LONGEST_TEXT)
    .filter((character, index, all) => character !== ' ' || all[index - 1] !== ' ');
  const latin = kept.filter((character) => character >= 'A' && character <= 'z').length;
  const other = kept.filter((character) => character >= '\u0300' && !/[\u1e00-\u1eff]/u.test(character)).length;
  return latin * 2 < other ? kept.filter((character) => character < 'A' || character > 'z') : kept;
}

function compose(pair: string, letter: string, mark: string): string {
  return Array.from(COMPOSED[VIETNAMESE.marks.indexOf(mark)] ?? '')[VIETNAMESE.letters.indexOf(letter)] ?? pair;
}

/** Maps a character to the one that the profiles hold in its place. */
function normalizeCharacter(character: string): string {
  const code = character.codePointAt(0) as number;
  if (code < 0x80) return /[A-Za-z]/.test(character) ? character : ' ';
  if (code < 0x1_00) return LATIN1_EXCLUDED.includes(character) ? ' ' : character;
  for (const [first, last, standIn] of STAND_INS) if (code >= first && code <= last) return standIn;
  return SAME_LETTER.get(character) ?? KANJI.get(character) ?? character;
}

/** Ends of sentences: a run of marks, then closing quotes or brackets, then a space or the end. CJK marks need no space. */
const BOUNDARY = /(?:[.!?…]+["'”’)\]*_]*(?=\s|$)|[。！？]+)/gu;

const ABBREVIATION = /(?:^|[\s("'“‘])(?:mr|mrs|ms|dr|prof|sr|jr|st|vs|etc|e\.g|i\.e|approx|no|fig|u\.s|a\.m|p\.m)\.$/i;

/** A single capital letter, as in "J. Smith". */
const INITIAL = /(?:^|\s)\p{Lu}\.$/u;

/** The number of a list entry at the start of a line, as in "1. Rice". */
const LIST_NUMBER = /(?:^|\n)[ \t]*\d{1,3}\.$/;

/**
 * Number of sentences in a text. Rules decide: IFEval uses NLTK's trained punkt model, which this follows in the common
 * cases (abbreviations, initials, decimals, ellipses within a sentence) and from which it may differ in rare ones. A last
 * part without a mark is a sentence too; a part without a letter or digit is none.
 */
export function countSentences(text: string): number {
  let count = 0;
  let start = 0;
  for (const match of text.matchAll(BOUNDARY)) {
    const end = match.index + match[0].length;
    const part = text.slice(start, end);
    if (goesOn(part, text.slice(end))) continue;
    if (hasContent(part)) count += 1;
    start = end;
  }
  return hasContent(text.slice(start)) ? count + 1 : count;
}

/** Whether the sentence goes on after its mark. */
function goesOn(part: string, rest: string): boolean {
  if (LIST_NUMBER.test(part)) return true;
  const next = rest.trimStart();
  if (next === '') return false;
  if (INITIAL.test(part) && !/(?:^|\s)I\.$/.test(part)) return true;
  const startsLower = /^\p{Ll}/u.test(next);
  if (/\.{2,}$|…$/u.test(part) && startsLower) return true;
  if (!ABBREVIATION.test(part)) return false;
  // "etc.", "a.m." and "no." may also end a sentence: a capital after them says so.
  return startsLower || !/(?:etc|[ap]\.m|u\.s|no)\.$/i.test(part) || /^\d/.test(next);
}

function hasContent(part: string): boolean {
  return /[\p{L}\p{N}]/u.test(part);
}

/** A heading of a reply: what it is for, how it is set, and where its line and its content begin. */
export interface Heading {
  readonly kind: 'instruction' | 'response';
  /** `#`, bold letters, or bare words with a colon. */
  readonly style: 'hash' | 'bold' | 'bare';
  readonly lineStart: number;
  readonly contentStart: number;
}

const WORDS_BEFORE = String.raw`(?:(?:the|your|my|refined|revised|improved|rewritten|updated|final|new|better|user|human)\s+){0,3}`;
const INSTRUCTION = String.raw`(?:instructions?|quer(?:y|ies)|user message|message|prompt)`;
const RESPONSE = String.raw`(?:responses?|answers?|repl(?:y|ies))`;
/** Each run of blanks has one place to stand: two that meet would be tried in every division of a long one. */
const LINE = new RegExp(
  String.raw`^[ \t>]*(?:(?<hash>#{1,6})[ \t]*)?(?:\d{1,2}[.)][ \t]*)?(?:(?<bold>\*{1,3}|_{2,3})[ \t]*)?${WORDS_BEFORE}(?:(?<instruction>${INSTRUCTION})|(?<response>${RESPONSE}))[ \t]*(?:\([^)\n]{0,40}\))?[ \t]*(?<end>(?:\*{1,3}|_{2,3})?[ \t]*[:：]?[ \t]*(?:\*{1,3}|_{2,3})?)(?=(?<rest>[^\n]*))`,
  'gimu',
);

/**
 * The headings of a message and an answer, in order: `Instruction:`, `### Refined Response:`, `**Query**`, `query:`... Bare
 * words need a colon; letters set as a heading may have their line to themselves instead. Words within a line are no heading.
 */
export function findHeadings(text: string): readonly Heading[] {
  return [...text.matchAll(LINE)].flatMap((match): readonly Heading[] => {
    const { hash, bold, instruction, end = '', rest = '' } = match.groups ?? {};
    const hasColon = /[:：]/.test(end);
    const isAlone = rest.trim() === '' && (hash !== undefined || bold !== undefined);
    if (!hasColon && !isAlone) return [];
    return [
      {
        kind: instruction === undefined ? 'response' : 'instruction',
        style: hash !== undefined ? 'hash' : bold !== undefined ? 'bold' : 'bare',
        lineStart: match.index,
        contentStart: match.index + match[0].length,
      },
    ];
  });
}

import { describe, expect, it } from 'vitest';
import { checkInstruction, checkInstructionLoosely } from '../../domain/ifeval/check-instruction.ts';
import type { IfevalInstruction } from '../../domain/ifeval/ifeval-kind.ts';
import { looseVariants } from '../../domain/ifeval/loose-variants.ts';
import { splitPunktSentences } from '../../domain/ifeval/punkt.ts';
import { tokenizeWords } from '../../domain/ifeval/word-tokenizer.ts';

type Case = readonly [instruction: IfevalInstruction, response: string, follows: boolean];

const ENGLISH = 'the weather is lovely today and we are going to the market to buy some fresh vegetables.';

const families: Readonly<Record<string, readonly Case[]>> = {
  keywords: [
    [{ id: 'keywords:existence', kwargs: { keywords: ['dog', 'Day'] } }, 'A DOGMA for today', true],
    [{ id: 'keywords:existence', kwargs: { keywords: ['dog', 'cat'] } }, 'a dog', false],
    [{ id: 'keywords:existence', kwargs: { keywords: ['c.t'] } }, 'a cat', false],
    [{ id: 'keywords:existence', kwargs: { keywords: ['ink'] } }, 'ıNK', true],
    [{ id: 'keywords:frequency', kwargs: { keyword: ' war ', frequency: 2, relation: 'at least' } }, 'War, warm', true],
    [{ id: 'keywords:frequency', kwargs: { keyword: 'war', frequency: 2, relation: 'less than' } }, 'war war', false],
    [{ id: 'keywords:forbidden_words', kwargs: { forbidden_words: ['law'] } }, 'lawful outlaws', true],
    [{ id: 'keywords:forbidden_words', kwargs: { forbidden_words: ['law'] } }, 'The LAW.', false],
    [{ id: 'keywords:forbidden_words', kwargs: { forbidden_words: ['law'] } }, 'lawé', true],
    [
      { id: 'keywords:letter_frequency', kwargs: { letter: 'A', let_frequency: 3, let_relation: 'at least' } },
      'aAa',
      true,
    ],
    [
      { id: 'keywords:letter_frequency', kwargs: { letter: '!', let_frequency: 2, let_relation: 'at least' } },
      '!a',
      false,
    ],
  ],
  language: [
    [
      { id: 'language:response_language', kwargs: { language: 'de' } },
      'Das Wetter ist heute schön und wir gehen.',
      true,
    ],
    [{ id: 'language:response_language', kwargs: { language: 'de' } }, ENGLISH, false],
    [{ id: 'language:response_language', kwargs: { language: 'de' } }, '123 !', true],
    [{ id: 'language:response_language', kwargs: { language: 'ko' } }, '오늘은 날씨가 아주 좋아서', true],
    [
      { id: 'language:response_language', kwargs: { language: 'sw' } },
      'Leo hali ya hewa ni nzuri sana na tunaenda sokoni',
      true,
    ],
  ],
  'length constraints': [
    [
      { id: 'length_constraints:number_sentences', kwargs: { num_sentences: 2, relation: 'at least' } },
      'Dr. Who left at 5 p.m. today.',
      false,
    ],
    [
      { id: 'length_constraints:number_sentences', kwargs: { num_sentences: 2, relation: 'at least' } },
      'He left. She stayed.',
      true,
    ],
    [{ id: 'length_constraints:number_words', kwargs: { num_words: 4, relation: 'less than' } }, "don't do", true],
    [{ id: 'length_constraints:number_words', kwargs: { num_words: 3, relation: 'less than' } }, "don't do", false],
    [{ id: 'length_constraints:number_paragraphs', kwargs: { num_paragraphs: 2 } }, '***a***b***', true],
    [{ id: 'length_constraints:number_paragraphs', kwargs: { num_paragraphs: 2 } }, 'a*** ***b', false],
    [
      {
        id: 'length_constraints:nth_paragraph_first_word',
        kwargs: { num_paragraphs: 2, nth_paragraph: 2, first_word: 'Elm' },
      },
      'a\n\n"elm, b',
      true,
    ],
    [
      {
        id: 'length_constraints:nth_paragraph_first_word',
        kwargs: { num_paragraphs: 2, nth_paragraph: 2, first_word: 'elm' },
      },
      'a\n\n \n\nelm',
      false,
    ],
  ],
  'detectable content': [
    [{ id: 'detectable_content:number_placeholders', kwargs: { num_placeholders: 2 } }, '[a] []', true],
    [{ id: 'detectable_content:number_placeholders', kwargs: { num_placeholders: 1 } }, '[a\nb]', false],
    [{ id: 'detectable_content:postscript', kwargs: { postscript_marker: 'P.S.' } }, 'x p. s. y', true],
    [{ id: 'detectable_content:postscript', kwargs: { postscript_marker: 'P.P.S' } }, 'P.S. y', false],
    [{ id: 'detectable_content:postscript', kwargs: { postscript_marker: 'PS:' } }, 'ps: y', true],
  ],
  'detectable format': [
    [{ id: 'detectable_format:number_bullet_lists', kwargs: { num_bullets: 3 } }, '* a\n  - b\n**no**\n*c', true],
    // A star takes the line break after it, so that the next line is part of the same match.
    [{ id: 'detectable_format:number_bullet_lists', kwargs: { num_bullets: 1 } }, '*\n* a', true],
    [{ id: 'detectable_format:constrained_response', kwargs: {} }, '**My answer is no.**', true],
    [{ id: 'detectable_format:constrained_response', kwargs: {} }, 'my answer is no.', false],
    // `**b**` counts by its pair of double stars only: its single-star matches are empty.
    [{ id: 'detectable_format:number_highlighted_sections', kwargs: { num_highlights: 2 } }, '*a* **b**', true],
    [{ id: 'detectable_format:number_highlighted_sections', kwargs: { num_highlights: 1 } }, '* * ****', false],
    [
      { id: 'detectable_format:multiple_sections', kwargs: { section_spliter: 'SECTION', num_sections: 2 } },
      'SECTION 1 SECTION2',
      true,
    ],
    [
      { id: 'detectable_format:multiple_sections', kwargs: { section_spliter: 'SECTION', num_sections: 1 } },
      'Section 1',
      false,
    ],
    [{ id: 'detectable_format:json_format', kwargs: {} }, '```json\n{"a": NaN, "b": "NaN \\" Infinity"}\n```', true],
    [{ id: 'detectable_format:json_format', kwargs: {} }, 'Here: {"a": 1}', false],
    [{ id: 'detectable_format:json_format', kwargs: {} }, "{'a': 1}", false],
    [{ id: 'detectable_format:title', kwargs: {} }, 'x <<a title>>', true],
    [{ id: 'detectable_format:title', kwargs: {} }, '<< >> <<a\nb>>', false],
  ],
  combination: [
    [{ id: 'combination:two_responses', kwargs: {} }, '****** a ****** b', true],
    [{ id: 'combination:two_responses', kwargs: {} }, 'a ****** a', false],
    [{ id: 'combination:two_responses', kwargs: {} }, 'a ****** ****** b', false],
    [{ id: 'combination:repeat_prompt', kwargs: { prompt_to_repeat: 'Say HI. ' } }, ' say hi. Hello', true],
    [{ id: 'combination:repeat_prompt', kwargs: { prompt_to_repeat: 'Say hi.' } }, 'Sure: say hi.', false],
  ],
  startend: [
    [{ id: 'startend:end_checker', kwargs: { end_phrase: 'Peace!' } }, 'x peace!" \n', true],
    [{ id: 'startend:end_checker', kwargs: { end_phrase: 'Peace!' } }, "x peace!'", false],
    [{ id: 'startend:quotation', kwargs: {} }, ' "" ', true],
    [{ id: 'startend:quotation', kwargs: {} }, '"', false],
    [{ id: 'startend:quotation', kwargs: {} }, '“x”', false],
  ],
  'change case': [
    // CANNOT is split in two: CAN, NOT, A, U.S.
    [
      { id: 'change_case:capital_word_frequency', kwargs: { capital_frequency: 4, capital_relation: 'at least' } },
      'CANNOT be A U.S. man',
      true,
    ],
    [
      { id: 'change_case:capital_word_frequency', kwargs: { capital_frequency: 5, capital_relation: 'at least' } },
      'CANNOT be A U.S. man',
      false,
    ],
    [
      { id: 'change_case:capital_word_frequency', kwargs: { capital_frequency: 2, capital_relation: 'less than' } },
      'A-B',
      true,
    ],
    [{ id: 'change_case:english_lowercase', kwargs: {} }, ENGLISH, true],
    [{ id: 'change_case:english_lowercase', kwargs: {} }, `I ${ENGLISH}`, false],
    [
      { id: 'change_case:english_lowercase', kwargs: {} },
      'il fait beau et nous allons au marché pour acheter des légumes',
      false,
    ],
    [{ id: 'change_case:english_capital', kwargs: {} }, ENGLISH, false],
  ],
  punctuation: [
    [{ id: 'punctuation:no_comma', kwargs: {} }, 'a，b', true],
    [{ id: 'punctuation:no_comma', kwargs: {} }, 'a,b', false],
    [{ id: 'punctuation:no_comma', kwargs: {} }, ' \n', false],
  ],
};

for (const [family, cases] of Object.entries(families))
  describe(family, () => {
    it.each(cases)('%o of %j is %s', (instruction, response, follows) => {
      expect(checkInstruction(instruction, response)).toBe(follows);
    });
  });

describe('loose reading', () => {
  it('tries the response without its first line, its last line, both, and without stars', () => {
    expect(looseVariants('Sure!\n*a*\n\nBye')).toEqual([
      'Sure!\n*a*\n\nBye',
      'Sure!\na\n\nBye',
      '*a*\n\nBye',
      'Sure!\n*a*',
      '*a*',
      'a\n\nBye',
      'Sure!\na',
      'a',
    ]);
  });

  it('passes what fails strictly, and fails a single line whose rest is blank', () => {
    const quoted: IfevalInstruction = { id: 'startend:quotation', kwargs: {} };
    expect(checkInstruction(quoted, 'Sure!\n"x"')).toBe(false);
    expect(checkInstructionLoosely(quoted, 'Sure!\n"x"')).toBe(true);
    expect(checkInstructionLoosely({ id: 'punctuation:no_comma', kwargs: {} }, 'a,')).toBe(false);
  });
});

describe('splitting', () => {
  it('keeps abbreviations, initials, numbers and closing quotes within their sentence', () => {
    expect(
      splitPunktSentences('Mr. J. R. Smith paid $3.50. "Why?" he asked. (It was late.) No. 5 is alive!!!'),
    ).toEqual(['Mr. J. R. Smith paid $3.50.', '"Why?"', 'he asked.', '(It was late.)', 'No.', '5 is alive!!', '!']);
  });

  it('splits contractions, marks and quotes from words', () => {
    expect(tokenizeWords(`I'm "GONNA" see NASA's U.S. plan, don't (EVER) stop.`)).toEqual([
      'I',
      "'m",
      '``',
      'GON',
      'NA',
      "''",
      'see',
      'NASA',
      "'s",
      'U.S.',
      'plan',
      ',',
      'do',
      "n't",
      '(',
      'EVER',
      ')',
      'stop',
      '.',
    ]);
  });
});

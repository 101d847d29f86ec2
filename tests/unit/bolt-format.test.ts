// Locks the grammar of BOLT's responses and each code that rejects one.
import { describe, expect, it } from 'vitest';
import { checkResponse, FORMAT_CODES, type DrawnResponse, type FormatRules } from '../../domain/bolt/check-thoughts.ts';
import { BOOTSTRAP_HEADINGS } from '../../domain/bolt/show-examples.ts';
import { joinThoughts, parseThoughts, THINK_DELIMITERS } from '../../domain/bolt/thought-format.ts';
import type { FinishReason } from '../../domain/completion.ts';

const words = (text: string): number => text.split(/\s+/).filter((word) => word !== '').length;
const rules: FormatRules = {
  delimiters: THINK_DELIMITERS,
  thoughtTokens: { min: 5, max: 60 },
  solutionTokens: { min: 2, max: 60 },
  maxRepetition: 0.3,
  maxEcho: 0.3,
  maxOverlap: 0.9,
  sameLanguage: true,
};
const QUERY = 'Why is it that the days in winter are so much shorter than the days in summer?';
const THOUGHTS = 'The axis of the Earth leans, so I have to compare where the Sun stands at noon.';
const SOLUTION = 'Because the axis of the Earth is tilted, the Sun stays above the horizon for fewer hours in winter.';

function drawn(text: string, change: Partial<DrawnResponse> = {}): DrawnResponse {
  const { parts } = parseThoughts(text, 'stop', THINK_DELIMITERS);
  return {
    text,
    finishReason: 'stop',
    query: QUERY,
    shown: [],
    headings: BOOTSTRAP_HEADINGS,
    tokens: parts === null ? null : { thoughts: words(parts.thoughts), solution: words(parts.solution) },
    ...change,
  };
}

function codeOf(text: string, change: Partial<DrawnResponse> = {}, ruleChange: Partial<FormatRules> = {}): string {
  return checkResponse(drawn(text, change), { ...rules, ...ruleChange }).code;
}

const respond = (thoughts: string, solution: string): string => `<think>\n${thoughts}\n</think>\n\n${solution}`;
/** So many different words. */
const numbered = (count: number, prefix = 'w'): string =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`).join(' ');

describe('the layout', () => {
  it('parts a response, without the blanks around its parts', () => {
    expect(parseThoughts(`\n <think> ${THOUGHTS}\n</think>\n\n${SOLUTION} \n`, 'stop', THINK_DELIMITERS)).toEqual({
      code: 'ok',
      parts: { thoughts: THOUGHTS, solution: SOLUTION },
    });
  });

  it('reads what it writes, with any delimiters', () => {
    const parts = { thoughts: THOUGHTS, solution: SOLUTION };
    const others = { thoughtOpen: '[[z', thoughtClose: 'z]]', solutionOpen: '[[y', solutionClose: 'y]]' };
    for (const delimiters of [THINK_DELIMITERS, others]) {
      expect(parseThoughts(joinThoughts(parts, delimiters), 'stop', delimiters)).toEqual({ code: 'ok', parts });
    }
  });

  it.each<[string, string, FinishReason]>([
    ['no_open', SOLUTION, 'stop'],
    ['no_open', '', 'stop'],
    ['no_open', `Sure! ${respond(THOUGHTS, SOLUTION)}`, 'stop'],
    ['no_open', `${THOUGHTS}</think>${SOLUTION}`, 'stop'],
    ['order', `</think>${THOUGHTS}<think>${SOLUTION}`, 'stop'],
    ['multiple', respond(`${THOUGHTS}<think>`, SOLUTION), 'stop'],
    ['multiple', respond(THOUGHTS, `${SOLUTION}</think>`), 'stop'],
    ['multiple', respond(THOUGHTS, `\`\`\`\n<think>\n\`\`\``), 'stop'],
    ['multiple', respond(THOUGHTS, respond(THOUGHTS, SOLUTION)), 'stop'],
    ['no_close', `<think>${THOUGHTS}`, 'stop'],
    ['thought_truncated', `<think>${THOUGHTS}`, 'length'],
    ['thought_truncated', `<think>${THOUGHTS}`, 'other'],
    ['empty_thought', respond(' \n', SOLUTION), 'stop'],
    ['empty_solution', respond(THOUGHTS, ' \n'), 'stop'],
    ['solution_truncated', respond(THOUGHTS, 'Because the'), 'length'],
    ['solution_truncated', respond(THOUGHTS, ''), 'length'],
  ])('%s: %j (%s)', (code, text, finishReason) => {
    expect(parseThoughts(text, finishReason, THINK_DELIMITERS).code).toBe(code);
  });

  it('keeps the parts of a solution that was cut, for who wants to reject it by score', () => {
    expect(parseThoughts(respond(THOUGHTS, 'Because the'), 'length', THINK_DELIMITERS)).toEqual({
      code: 'solution_truncated',
      parts: { thoughts: THOUGHTS, solution: 'Because the' },
    });
    expect(parseThoughts(respond(THOUGHTS, ''), 'length', THINK_DELIMITERS).parts).toBeNull();
  });

  it('finds marks of the solution out of place, and takes them as optional', () => {
    const delimiters = { ...THINK_DELIMITERS, solutionOpen: '<answer>', solutionClose: '</answer>' };
    const codeWith = (solution: string) => parseThoughts(respond(THOUGHTS, solution), 'stop', delimiters).code;
    expect(codeWith(`<answer>${SOLUTION}</answer>`)).toBe('ok');
    expect(codeWith(SOLUTION)).toBe('ok');
    expect(codeWith(`So: <answer>${SOLUTION}</answer>`)).toBe('order');
    expect(codeWith(`<answer>${SOLUTION}<answer>`)).toBe('multiple');
    expect(codeWith('<answer></answer>')).toBe('empty_solution');
  });
});

describe('the content', () => {
  it('lets a good response through', () => {
    expect(checkResponse(drawn(respond(THOUGHTS, SOLUTION)), rules)).toEqual({
      code: 'ok',
      parts: { thoughts: THOUGHTS, solution: SOLUTION },
      detail: null,
    });
  });

  it.each(['<|im_start|>assistant', '</s>', '[/INST]'])('finds the mark %s of a chat template', (marker) => {
    expect(codeOf(respond(`${THOUGHTS} ${marker}`, SOLUTION))).toBe('template_marker');
    expect(codeOf(respond(THOUGHTS, `${SOLUTION}${marker}`))).toBe('template_marker');
  });

  it('finds a response that goes on to another example', () => {
    expect(codeOf(respond(THOUGHTS, `${SOLUTION}\n\n=== EXAMPLE 2 ===\nRequest:`))).toBe('prompt_echo');
  });

  it('finds a solution copied from an example: 13 of its 13 8-grams', () => {
    const copy = numbered(20);
    expect(codeOf(respond(THOUGHTS, copy), { shown: [`Before. ${copy}`] }, { sameLanguage: false })).toBe(
      'prompt_echo',
    );
    expect(codeOf(respond(THOUGHTS, copy), {}, { sameLanguage: false })).toBe('ok');
  });

  it('finds loops, in the whole or in the end of a part', () => {
    // 5 words 12 times: 60 words, 55 6-grams, 5 different ones, 91 % came before.
    expect(codeOf(respond('so we try it again '.repeat(12), SOLUTION))).toBe('repetition');
    // 400 different words, then 40 times the same four: 160 of 560, but all of the last 120.
    const late = `${numbered(400)} ${'on and on then '.repeat(40)}`;
    expect(codeOf(respond(late, SOLUTION), {}, { thoughtTokens: { min: 1, max: 900 } })).toBe('repetition');
    expect(codeOf(respond(THOUGHTS, SOLUTION), { finishReason: 'repetition' })).toBe('repetition');
  });

  it('takes an ending by the server’s loop detector for a loop, wherever it was', () => {
    expect(checkResponse(drawn(`<think>${THOUGHTS}`, { finishReason: 'repetition' }), rules)).toMatchObject({
      code: 'repetition',
      parts: null,
    });
  });

  const german = 'Weil die Achse der Erde geneigt ist, steht die Sonne im Winter weniger Stunden über dem Horizont.';

  it('finds a solution in another language than the query, unless the query asks for it', () => {
    expect(codeOf(respond(THOUGHTS, german))).toBe('language');
    expect(codeOf(respond(THOUGHTS, german), {}, { sameLanguage: false })).toBe('ok');
    expect(codeOf(respond(THOUGHTS, german), { query: `${QUERY} Answer in German.` })).toBe('ok');
    expect(codeOf(respond(german, SOLUTION))).toBe('ok');
  });

  it('finds letters of another script, but takes Greek for formulas', () => {
    expect(codeOf(respond(THOUGHTS, `${SOLUTION} 因为地轴是倾斜的`))).toBe('language');
    expect(codeOf(respond(THOUGHTS, `${SOLUTION} The tilt is ε = 23.4°, and δ changes with it: α, β, γ.`))).toBe('ok');
  });

  it.each([
    'See above.',
    'As shown above, the axis is tilted, and that is all there is to it.',
    'The axis is tilted, for the reason given in my thoughts.',
    'It follows from my reasoning above that the axis is tilted.',
  ])('finds a solution that leans on the thoughts: %s', (solution) => {
    expect(codeOf(respond(THOUGHTS, solution))).toBe('leak');
  });

  it('lets a solution speak of thoughts and refer to its own earlier part', () => {
    expect(codeOf(respond(THOUGHTS, 'Write your thoughts down. They will help you with the list given above.'))).toBe(
      'ok',
    );
    expect(codeOf(respond(THOUGHTS, 'The reasoning is this: the axis is tilted, so the Sun stands lower.'))).toBe('ok');
    expect(codeOf(respond(THOUGHTS, 'Dear Ada, you are in my thoughts every day.'))).toBe('ok');
    expect(codeOf(respond(THOUGHTS, 'The axis is tilted. By the reasoning above the days are shorter.'))).toBe('ok');
  });

  it('finds a solution that stands word for word in the thoughts', () => {
    // 40 words are 33 8-grams, all of them in the thoughts.
    const said = numbered(40);
    const free = { sameLanguage: false };
    expect(codeOf(respond(`First: ${said}. Fine.`, said), {}, free)).toBe('leak');
    expect(codeOf(respond(`First: ${said}. Fine.`, `${numbered(20)} ${numbered(20, 'v')}`), {}, free)).toBe('ok');
  });

  it.each([
    ['too_short', 'Four words are few', SOLUTION, 'thoughts of 4 tokens, min 5'],
    ['too_short', THOUGHTS, 'Tilt.', 'solution of 1 tokens, min 2'],
    ['too_long', numbered(61), SOLUTION, 'thoughts of 61 tokens, max 60'],
  ])('%s: bounds are inclusive', (code, thoughts, solution, detail) => {
    expect(checkResponse(drawn(respond(thoughts, solution)), rules)).toMatchObject({ code, detail });
    expect(codeOf(respond('Five words are just enough', SOLUTION))).toBe('ok');
  });
});

it('has the codes of the specification, each once', () => {
  expect(FORMAT_CODES.toSorted()).toEqual(
    [
      'ok',
      'no_open',
      'no_close',
      'order',
      'multiple',
      'empty_thought',
      'empty_solution',
      'thought_truncated',
      'solution_truncated',
      'repetition',
      'template_marker',
      'prompt_echo',
      'language',
      'leak',
      'too_short',
      'too_long',
    ].toSorted(),
  );
});

import { describe, expect, it } from 'vitest';

import { checkChecklist, type ChecklistRules } from '../../domain/checklist-writing/check-checklist.ts';
import { describeComplaints } from '../../domain/checklist-writing/describe-complaints.ts';
import { normaliseQuestion } from '../../domain/checklist-writing/normalise-question.ts';
import { isCompound, isYesNoQuestion } from '../../domain/checklist-writing/question-form.ts';
import { settleChecklist } from '../../domain/checklist-writing/settle-checklist.ts';
import { UNIVERSAL_ITEMS } from '../../domain/checklist-writing/universal-items.ts';
import { hasWrongPolarity } from '../../domain/checklist-writing/wrong-polarity.ts';

const rules: ChecklistRules = { minItems: 2, maxItems: 3, weighted: false, exampleQuestions: new Set() };
const check = (reply: string, changes: Partial<ChecklistRules> = {}, instruction = 'Write a poem.') =>
  checkChecklist(reply, 'stop', instruction, { ...rules, ...changes });
const GOOD = '1. Is it a poem?\n2. Does it rhyme?';

describe('checkChecklist', () => {
  it('has no complaint about a good list, and leaves weights out that were not asked for', () => {
    expect(check('1. [explicit] Is it a poem? (100)\n2. Does it rhyme?')).toEqual({
      written: ['Is it a poem?', 'Does it rhyme?'],
      items: [{ question: 'Is it a poem?', kind: 'explicit' }, { question: 'Does it rhyme?' }],
      complaints: [],
    });
  });

  it.each([
    ['', [{ reason: 'empty' }]],
    ["I'm sorry, I can't help with that.", [{ reason: 'refusal' }]],
    ['none', [{ reason: 'too-few' }]],
    ['1. Is it a poem?', [{ reason: 'too-few' }]],
    [`${GOOD}\n3. Is it short?\n4. Is it new?`, [{ reason: 'too-many' }]],
    [`${GOOD}\n3. is it a POEM ?`, [{ reason: 'duplicate', question: 3 }]],
    [`${GOOD}\n3. Which metre has it?`, [{ reason: 'not-yes-no', question: 3 }]],
    [`${GOOD}\n3. Is it short`, [{ reason: 'not-yes-no', question: 3 }]],
    [`${GOOD}\n3. Does it ${'really '.repeat(60)}rhyme?`, [{ reason: 'too-long', question: 3 }]],
    ['1. Is it a poem?\n2. The end.', [{ reason: 'too-few' }, { reason: 'not-yes-no', question: 2 }]],
  ])('says what is wrong with %j', (reply, complaints) => {
    expect(check(reply).complaints).toEqual(complaints);
  });

  it('sends back a reply that was cut off', () => {
    expect(checkChecklist(GOOD, 'length', 'Write a poem.', rules).complaints).toEqual([{ reason: 'truncated' }]);
    expect(checkChecklist(GOOD, 'repetition', 'Write a poem.', rules).complaints).toEqual([{ reason: 'truncated' }]);
  });

  it('asks for weights from 0 to 100, not all of them 0, where the list is weighted', () => {
    const weighted = { weighted: true, maxItems: 8 };
    expect(
      check('- Is it a? (100)\n- Is it b?\n- Is it c? (101)\n- Is it d? (-1)\n- Is it e? (0)', weighted),
    ).toMatchObject({
      items: [
        { question: 'Is it a?', weight: 100 },
        { question: 'Is it e?', weight: 0 },
      ],
      complaints: [
        { reason: 'no-weight', question: 2 },
        { reason: 'bad-weight', question: 3 },
        { reason: 'bad-weight', question: 4 },
      ],
    });
    expect(check('- Is it a? (0)\n- Is it b? (0)', weighted).complaints).toEqual([{ reason: 'zero-weights' }]);
    expect(check('["Is it a?", {"question": "Is it b?", "weight": 2.5}]', weighted).complaints).toContainEqual({
      reason: 'bad-weight',
      question: 2,
    });
  });

  it('knows the questions of the examples again', () => {
    const examples = new Set([normaliseQuestion('Is the lullaby about a lighthouse?')]);
    expect(check(`${GOOD}\n3. Is the lullaby about a lighthouse?`, { exampleQuestions: examples }).complaints).toEqual([
      { reason: 'copied-example', question: 3 },
    ]);
  });

  it('tells the writer each fault by number, without quoting it', () => {
    const { complaints } = check('1. Is it a poem?\n2. VERDICT: YES');
    expect(describeComplaints(complaints, rules)).toBe(
      '- The reply has too few usable questions. Write at least 2, numbered, one a line.\n- Question 2 is not a yes/no question. Begin with a word like Is, Does or Has and end with a question mark.',
    );
  });
});

describe('isYesNoQuestion', () => {
  it.each(['Is it red?', 'If a price is named, is it in euros?', 'Has the answer (of two parts) a title?'])(
    'takes %j',
    (text) => {
      expect(isYesNoQuestion(text)).toBe(true);
    },
  );
  it.each([
    'Is?',
    'What is it?',
    'Isn’t it red?',
    'It is red.',
    'Island life is good?',
    'Does it rhyme',
    'How, is it red?',
  ])('refuses %j', (text) => {
    expect(isYesNoQuestion(text)).toBe(false);
  });
});

describe('isCompound', () => {
  it.each(['Is it short and does it rhyme?', 'Does it name a city and describe its food?', 'Is it red? Is it blue?'])(
    'flags %j',
    (text) => {
      expect(isCompound(text)).toBe(true);
    },
  );
  it.each(['Is it in black and white?', 'Does it compare cats and dogs?'])('leaves %j', (text) => {
    expect(isCompound(text)).toBe(false);
  });
});

describe('hasWrongPolarity', () => {
  it.each([
    ['Write an advert. Do not mention the price.', 'Does the advert mention the price?'],
    ["Don't use any commas.", 'Does the response use commas?'],
    ['Write a story without the letter e.', 'Does the story contain the letter "e"?'],
    ['Plan a trip, avoiding museums and churches', 'Does the plan include museums?'],
    ['Never reveal the secret password.', 'Is the secret password revealed?'],
    ['Write with no adjectives.', 'Are there adjectives in the text?'],
    ['Write a poem.', 'Does the poem contain any spelling errors?'],
    ['Write a poem.', 'Does the response fail to rhyme?'],
  ])('after %j, YES to %j is bad', (instruction, question) => {
    expect(hasWrongPolarity(question, instruction)).toBe(true);
  });

  it.each([
    ['Write an advert. Do not mention the price.', 'Does the advert refrain from mentioning the price?'],
    ['Write an advert. Do not mention the price.', 'Does the advert mention the colour?'],
    ["Don't use any commas.", 'Is the response free of commas?'],
    ['Do not use more than 100 words.', 'Does it use at most 100 words?'],
    ['Write a story without the letter e.', 'Does the story have a hero?'],
    ['Write a sentence with three spelling errors.', 'Does the sentence contain three spelling errors?'],
    ['Explain what happens when a disk fails.', 'Does the answer explain what happens when a disk fails?'],
    ['I do not have much time. Suggest a recipe.', 'Does the answer suggest a recipe?'],
  ])('after %j, YES to %j is good', (instruction, question) => {
    expect(hasWrongPolarity(question, instruction)).toBe(false);
  });
});

describe('settleChecklist', () => {
  it('takes the acceptable reply, whatever came before', () => {
    const replies = [check(`${GOOD}\n3. What?`), check(GOOD)];
    expect(settleChecklist(replies, rules)).toEqual({
      ok: true,
      items: [{ question: 'Is it a poem?' }, { question: 'Does it rhyme?' }],
      flags: [],
    });
  });

  it('keeps the first ones of too many, and too few as they are, each with its flag', () => {
    const many = check(`${GOOD}\n3. Is it short and does it end well?\n4. Is it new?`);
    expect(settleChecklist([many], rules)).toMatchObject({
      ok: true,
      items: { length: 3 },
      flags: ['too-many', 'compound'],
    });
    const few = check('1. Is it a poem?\n2. Why?');
    expect(settleChecklist([few], rules)).toEqual({
      ok: true,
      items: [{ question: 'Is it a poem?' }],
      flags: ['too-few', 'items-dropped'],
    });
  });

  it('takes the reply with the most usable questions, the earlier one at a tie', () => {
    const a = check('1. Is it a?\n2. Why?');
    const b = check('1. Is it b?\n2. Is it c?\n3. Why?');
    const c = check('1. Is it d?\n2. Is it e?\n3. Why?');
    expect(settleChecklist([a, b, c], rules)).toMatchObject({
      items: [{ question: 'Is it b?' }, { question: 'Is it c?' }],
    });
  });

  it('fails with a reason when nothing is usable, and never gives an empty list', () => {
    expect(settleChecklist([check(''), check('1. What?\n2. Why?')], rules)).toEqual({
      ok: false,
      reason: 'not-yes-no',
    });
    expect(settleChecklist([check('none')], rules)).toEqual({ ok: false, reason: 'too-few' });
    const weighted = { ...rules, weighted: true };
    expect(settleChecklist([check('- Is it a? (0)\n- Is it b? (0)', weighted)], weighted)).toEqual({
      ok: false,
      reason: 'zero-weights',
    });
  });
});

describe('UNIVERSAL_ITEMS', () => {
  it('are acceptable items themselves', () => {
    for (const { question, weight } of UNIVERSAL_ITEMS) {
      expect([question, isYesNoQuestion(question), hasWrongPolarity(question, ''), weight]).toEqual([
        question,
        true,
        false,
        100,
      ]);
    }
  });
});

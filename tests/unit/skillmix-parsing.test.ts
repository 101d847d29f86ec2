// Locks how pairs, critiques and preferences are read from what models really write: none of it may be taken for another
// part, and what can't be read says why.
import { describe, expect, it } from 'vitest';
import { parseCritique } from '../../domain/skillmix/critique.ts';
import { isApology, parseInstruction, parsePair, parseSpoiled } from '../../domain/skillmix/parse-pair.ts';
import { parsePreference } from '../../domain/skillmix/preference.ts';
import { stripQuotes } from '../../domain/skillmix/strip-quotes.ts';

const draft = (text: string) => parsePair(text, 'stop', { output: 'labels', allowAnswerOnly: false });
const refined = (text: string) => parsePair(text, 'stop', { output: 'labels', allowAnswerOnly: true });
const pair = (instruction: string | null, response: string) => ({ ok: true, instruction, response });
const fault = (of: string) => ({ ok: false, fault: of });

describe('a labelled pair', () => {
  it.each([
    ['headings', '### Instruction:\nHow?\n\n### Response:\nSo.'],
    ['refined headings', '### Refined Instruction:\nHow?\n### Refined Response:\nSo.'],
    ['bare labels', 'Instruction: How?\nResponse: So.'],
    ['lower case', 'instruction:\nHow?\n\nresponse:\nSo.'],
    ['bold labels', '**Instruction:** How?\n\n**Response:** So.'],
    ['bold, colon outside', '**Instruction**: How?\n\n**Response**: So.'],
    ['bold headings alone in their lines', '**Instruction**\n\nHow?\n\n**Response**\n\nSo.'],
    ['headings without a colon', '## Improved Instruction\nHow?\n\n## Improved Response\nSo.'],
    ['a query and an answer', '### Query:\nHow?\n\n### Answer:\nSo.'],
    ['numbered labels', '1. Instruction: How?\n2. Response: So.'],
    ['something before it', 'Here is the improved pair.\n\n### Instruction:\nHow?\n\n### Response:\nSo.'],
    ['wrapping quotes', '### Instruction:\n"How?"\n\n### Response:\n“So.”'],
    ['rules between the parts', '### Instruction:\nHow?\n\n---\n\n### Response:\nSo.\n\n###'],
    ['carriage returns', '### Instruction:\r\nHow?\r\n\r\n### Response:\r\nSo.'],
    ['thoughts before it', '<think>Instruction: no\nResponse: no</think>### Instruction:\nHow?\n### Response:\nSo.'],
    ['both labels in one line', 'Instruction: How? Response: So.'],
    ['a note in brackets', '### Instruction (revised):\nHow?\n### Response (revised):\nSo.'],
  ])('is read with %s', (_name, text) => {
    expect(draft(text)).toEqual(pair('How?', 'So.'));
  });

  it('splits at the first heading of the answer, which may hold the word itself', () => {
    expect(draft('### Instruction:\nMend it.\n\n### Response:\nWrite:\nResponse: yes\n### Response:\nno')).toEqual(
      pair('Mend it.', 'Write:\nResponse: yes\n### Response:\nno'),
    );
  });

  it('keeps a message that speaks of a Response or holds a bare label, where headings are set otherwise', () => {
    const message = 'My form says Response time: 3 h.\nResponse: what does that mean?';
    expect(draft(`### Instruction:\n${message}\n\n### Response:\nIt means hours.`)).toEqual(
      pair(message, 'It means hours.'),
    );
  });

  it('ends where the model goes on with another pair', () => {
    const twice = '### Instruction:\nHow?\n### Response:\nSo.\n\n### Instruction:\nWhy?\n### Response:\nThus.';
    expect(draft(twice)).toEqual(pair('How?', 'So.'));
  });

  it.each([
    ['', 'empty'],
    ['<think>never ended', 'empty'],
    ['How do I do it? So.', 'no-labels'],
    ['### Response:\nSo.', 'no-instruction'],
    ['### Instruction:\n\n### Response:\nSo.', 'no-instruction'],
    ['### Instruction:\nHow?', 'no-response'],
    ['### Instruction:\nHow?\n\n### Response:\n', 'no-response'],
    ['### Instruction:\n(the message)\n\n### Response:\nSo.', 'placeholder'],
    ['### Instruction:\nHow?\n\n### Response:\n[Your answer here]', 'placeholder'],
    ["I'm sorry, but I can't help with that.", 'apology'],
    ['I cannot write such a message.', 'apology'],
    ['### Instruction:\nHow?\n\n### Response:\nAs an AI language model, I have no kitchen.', 'apology'],
    ['CANNOT COMBINE', 'cannot-combine'],
    ['**Cannot combine.**', 'cannot-combine'],
  ])('%j has no pair: %s', (text, why) => {
    expect(draft(text)).toEqual(fault(why));
  });

  it('goes by the finish reason, not by the look of the end', () => {
    const whole = '### Instruction:\nHow?\n### Response:\nSo and then';
    expect(parsePair(whole, 'stop', { output: 'labels', allowAnswerOnly: false })).toEqual(pair('How?', 'So and then'));
    expect(parsePair(whole, 'length', { output: 'labels', allowAnswerOnly: false })).toEqual(fault('cut'));
    expect(parsePair('', 'length', { output: 'labels', allowAnswerOnly: false })).toEqual(fault('cut'));
    expect(parseInstruction(whole)).toBe('How?');
    expect(parseInstruction('{"instruction": "How \\"so\\"?", "response": "Be')).toBe('How "so"?');
    for (const broken of ['### Instruction:\nHow', '{"instruction": "How', '### Instruction:\n[x]\n### Response:\nS']) {
      expect(parseInstruction(broken)).toBeNull();
    }
  });

  it.each([
    ['repetition', 'looped'],
    ['abort', 'unfinished'],
    ['error', 'unfinished'],
    ['other', 'unfinished'],
  ] as const)('is no whole one when it ended with "%s"', (finish, found) => {
    const whole = '### Instruction:\nHow?\n\n### Response:\nSo.';
    expect(parsePair(whole, finish, { output: 'labels', allowAnswerOnly: false })).toEqual(fault(found));
    expect(parsePair('', finish, { output: 'json', allowAnswerOnly: false })).toEqual(fault(found));
    expect(parseSpoiled('So.', finish)).toEqual(fault(found));
    expect(parseCritique('Weaknesses:\n- It is vague.', finish)).toMatchObject({ ok: true, cut: true });
    expect(parsePreference('BETTER: A', finish, true)).toBe('unreadable');
  });

  it('takes a rewritten turn that holds the answer alone, with or without its label', () => {
    expect(refined('So it is.')).toEqual(pair(null, 'So it is.'));
    expect(refined('### Refined Response:\nSo it is.')).toEqual(pair(null, 'So it is.'));
    expect(refined(`${'A long answer. '.repeat(20)}\nResponse: a label of its own`)).toEqual(
      pair(null, `${'A long answer. '.repeat(20)}\nResponse: a label of its own`),
    );
    expect(refined("I'm sorry, but I can't rewrite that.")).toEqual(fault('apology'));
  });
});

describe('a pair as JSON', () => {
  const json = (text: string) => parsePair(text, 'stop', { output: 'json', allowAnswerOnly: false });

  it('is read bare, in a fence and with something around it', () => {
    const text = '{"instruction": "How?", "response": "So."}';
    for (const reply of [text, `\`\`\`json\n${text}\n\`\`\``, `Here: ${text} Done.`]) {
      expect(json(reply)).toEqual(pair('How?', 'So.'));
    }
  });

  it.each([
    ['{"instruction": "How?", "respon', 'malformed'],
    ['{"instruction": "How?"}', 'no-response'],
    ['{"response": "So."}', 'no-instruction'],
    ['{"instruction": 3, "response": "So."}', 'no-instruction'],
    ['null', 'malformed'],
    ['{"instruction": "CANNOT COMBINE", "response": ""}', 'cannot-combine'],
    ["I'm sorry, but I can't.", 'apology'],
  ])('%j is %s', (text, why) => {
    expect(json(text)).toEqual(fault(why));
  });
});

describe('apologies', () => {
  it('are refusals, not regret with somebody in trouble, and no long answer', () => {
    expect(isApology("I’m sorry, but I can't do that.")).toBe(true);
    expect(isApology('Unfortunately, I cannot.')).toBe(true);
    expect(isApology("I'm sorry to hear about your cat. Keep her warm.")).toBe(false);
    expect(isApology(`I cannot stress this enough: ${'wash it. '.repeat(60)}`)).toBe(false);
  });

  it('are no spoiled answer either', () => {
    expect(parseSpoiled('"It depends."', 'stop')).toEqual({ ok: true, value: 'It depends.' });
    expect(parseSpoiled('It dep', 'length')).toEqual(fault('cut'));
    expect(parseSpoiled(' ', 'stop')).toEqual(fault('empty'));
    expect(parseSpoiled('I cannot do that.', 'stop')).toEqual(fault('apology'));
  });
});

describe('wrapping quotes', () => {
  it.each([
    ['"whole"', 'whole'],
    ['“I’m here”', 'I’m here'],
    ["'I'm here'", "I'm here"],
    ['"yes" or "no"', '"yes" or "no"'],
    ['"open', '"open'],
    ['""', '""'],
  ])('%s becomes %s', (text, bare) => {
    expect(stripQuotes(text)).toBe(bare);
  });
});

describe('a critique', () => {
  it.each([
    ['Weaknesses:\n- It is generic.\nStrengths:\n- Short.', false],
    ['Weaknesses:\n- None.\nStrengths:\n- Short.', true],
    ['**Weaknesses:** none worth naming\n\n**Strengths:** all of it', true],
    ['Strengths:\n- Short.\n\nWeaknesses:\n- It lacks a figure.', false],
    ['What a wonderful answer.', true],
    ['It lacks a figure.', false],
  ])('%j only praises: %s', (text, onlyPraise) => {
    expect(parseCritique(text, 'stop')).toEqual({ ok: true, text, onlyPraise, cut: false });
  });

  it('is used when it was cut, and refused when there is none', () => {
    expect(parseCritique('Weaknesses:\n- It is', 'length')).toMatchObject({ ok: true, cut: true });
    expect(parseCritique(' ', 'stop')).toEqual(fault('empty'));
    expect(parseCritique("I'm sorry, but I can't.", 'stop')).toEqual(fault('apology'));
  });
});

describe('a preference', () => {
  it('is the last line that says so, mapped back through the order of the two', () => {
    expect(parsePreference('A is vague.\nBETTER: B', 'stop', false)).toBe('refined');
    expect(parsePreference('A is vague.\nBETTER: B', 'stop', true)).toBe('draft');
    expect(parsePreference('BETTER: B\nNo.\n**Better: A**', 'stop', true)).toBe('refined');
  });

  it.each([
    ['A is better.', 'stop'],
    ['BETTER: A or B', 'stop'],
    ['BETTER: A', 'length'],
    ['BETTER: neither', 'stop'],
  ] as const)('%j (%s) is unreadable', (text, finishReason) => {
    expect(parsePreference(text, finishReason, true)).toBe('unreadable');
  });
});

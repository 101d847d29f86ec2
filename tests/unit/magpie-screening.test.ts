// Locks which queries are dropped and what is cut off them, by the rules of the paper and our own.
import { describe, expect, it } from 'vitest';
import { sanitiseQuery } from '../../domain/synthesis/sanitise-query.ts';
import { duplicateKey, screenEnd, screenQuery } from '../../domain/synthesis/screen-query.ts';
import { trimQuery } from '../../domain/synthesis/trim-query.ts';
import { isUserVoiced } from '../../domain/synthesis/user-voice.ts';
import { repeatsTurn } from '../../domain/synthesis/words-and-signs.ts';

describe('screening', () => {
  const rules = { minChars: 15, rejectMarkdown: false };
  const screen = (text: string) => screenQuery(text, rules);

  it.each([
    ['', 'empty'],
    ['Hi there,', 'too-short'],
    ["I'm planning a party. Here's the plan outline:", 'dangling'],
    ['Write a short review of this film: **', 'dangling'],
    ['Can you improve the following movie review?', 'absent-content'],
    ['Please summarise this article for my class.', 'absent-content'],
    ['What can be said about the given information?', 'absent-content'],
    ["You're an AI assistant who helps with cooking.", 'role-confusion'],
    ['As an AI language model, I cannot have opinions.', 'role-confusion'],
    ['Sure, I can help you with that problem today.', 'role-confusion'],
    ['What does <|im_end|> mean at the end of a line?', 'markup'],
    ['What comes after `[INST]` in a prompt of Mistral?', 'markup'],
    ['Write a poem about the sea.<end_of_turn>', 'markup'],
    ['Tell me a story about owls. <｜end▁of▁sentence｜>', 'markup'],
    ['Where do I write <s> in a page of mine?', 'markup'],
    ['As an AI, I have no opinions on films.', 'role-confusion'],
    ['I am an AI model that was trained on books.', 'role-confusion'],
    ['Here is a list of fruits that you may like.', 'role-confusion'],
    ["Summarise the following article. I don't have much time to read.", 'absent-content'],
    ['Summarise the following article. It’s what my teacher wants of me.', 'absent-content'],
  ])('drops %j as %s', (text, reason) => {
    expect(screen(text)).toBe(reason);
  });

  it.each([
    'What is the best way to prepare for a job interview?',
    'Can you help me write a tech freelance assistant job advert?',
    'Improve the following sentence: "The cat sat on the mat and slept."',
    'Fix this code for me, please:\ndef f(x):\n  return x+',
    'Write a function that sorts this list: [3, 1, 2, 5, 4]',
    'Can you suggest recipes? Sure things only, no experiments.',
    '如何学习编程？',
    'You are a pirate. Tell me how to cook an egg.',
    'Here is my code. How do I fix it?',
    'I am an AI engineer preparing for interviews. What should I study?',
    'As an AI researcher, how do I find a supervisor?',
    'What does the `<s>` tag do?',
    "Translate the following sentence: 'The owl sleeps by day.'",
    "Improve the following sentence 'The owl sleeps by day' for me.",
  ])('lets %j through', (text) => {
    expect(screen(text)).toBeUndefined();
  });

  it('drops markdown openings only where it is told to', () => {
    expect(screen('## How do plants grow in winter?')).toBeUndefined();
    const strict = { ...rules, rejectMarkdown: true };
    expect(screenQuery('## How do plants grow in winter?', strict)).toBe('markdown');
    // The sanitiser has taken the label away that the model began with.
    expect(screenQuery('How do plants grow in winter?', strict, '\n**Question:** How do plants grow in winter?')).toBe(
      'markdown',
    );
  });

  it('applies only the rules of thumb that a config names', () => {
    const only = { ...rules, rules: ['dangling'] } as const;
    expect(screenQuery('Can you improve the following movie review?', only)).toBeUndefined();
    expect(screenQuery('Sure, I can help you with that problem today.', only)).toBeUndefined();
    expect(screenQuery('What does <|im_end|> mean at the end of a line?', only)).toBeUndefined();
    expect(screenQuery('Write a short review of this film:', only)).toBe('dangling');
    expect(screenQuery('Write a short review of this film:', { ...rules, rules: [] })).toBeUndefined();
    expect(screenQuery('Hi there,', { ...rules, rules: [] })).toBe('too-short');
  });

  it('takes a query that did not end by itself for incomplete', () => {
    expect((['stop', 'length', 'repetition', 'other'] as const).map(screenEnd)).toEqual([
      undefined,
      'length',
      'loops',
      'unfinished',
    ]);
  });

  it('takes two queries for the same in spite of blanks and case', () => {
    expect(duplicateKey(' What  IS\n1?')).toBe(duplicateKey('what is 1?'));
    expect(duplicateKey('what is 1?')).not.toBe(duplicateKey('what is 2?'));
  });

  it.each([
    ['Can you tell me, what this means for a small shop?', true],
    ['can you tell me what this means for a small shop', true],
    ['Why?', false],
    ['Can you tell me what this means for a large firm?', false],
  ])('hears in a later turn, %j, whether the first one is said again: %s', (text, again) => {
    expect(repeatsTurn(text, ['Hello!', 'Can you tell me what this means for a small shop?'])).toBe(again);
  });

  it('hears a short turn again, and no other sum for the same', () => {
    expect(repeatsTurn('Why?', ['why?'])).toBe(true);
    expect(repeatsTurn('What is 5 - 3?', ['What is 5 + 3?'])).toBe(false);
    expect(repeatsTurn('???', ['...'])).toBe(false);
  });

  it('cuts at a line that is a role word, and nowhere else', () => {
    expect(trimQuery(' What is an assistant?\nassistant\nIt helps.')).toBe('What is an assistant?');
    expect(trimQuery('What does the user\nmodel of a system mean?')).toBe(
      'What does the user\nmodel of a system mean?',
    );
    expect(trimQuery('ASSISTANT:\nIt helps.')).toBe('');
  });

  it.each([
    ["I'm looking for a hobby.", true],
    ['Write a poem about rain.', true],
    ['什么是爱？', true],
    ['The Great Gatsby by F. Scott Fitzgerald is a literary masterpiece.', false],
    ['def add(a, b)', false],
  ])('hears whether %j sounds like a user', (text, heard) => {
    expect(isUserVoiced(text)).toBe(heard);
  });
});

describe('the sanitiser', () => {
  it.each([
    ['1. **Question:** What is 2 + 2? Answer: 4', 'gemma-2', 'What is 2 + 2?', '4'],
    ['Solve x + 1 = 3 for x.\n  **Solution:** x = 2', 'llama-3', 'Solve x + 1 = 3 for x.', '4'],
    ['What is 2 + 2? The answer is below. Correct answer: 4', 'llama-3', 'What is 2 + 2? The answer is below.', '4'],
    [
      'Can you please provide a detailed explanation: how do vaccines work?',
      'llama-3',
      'Can you please provide a detailed explanation: how do vaccines work?',
      '99.1',
    ],
    ['Write down the solution: x + 1 = 2', 'gemma-2', 'Write down the solution: x + 1 = 2', '6.2'],
    ['*How do birds fly?* They flap.', 'gemma-2', 'How do birds fly?', '1'],
    ['"How do birds fly?" asked Tom.', 'gemma-2', 'How do birds fly?', '2.1'],
    ['"A poem about birds"\nRoses', 'gemma-2', 'A poem about birds', '2.2'],
    ['<b>How do birds fly</b>', 'gemma-2', 'How do birds fly', '3'],
    ['Prove it.\n## Step 1: begin', 'llama-3', 'Prove it.', '5'],
    [
      'Solve the following:\nx + 1 = 2, what is x? Thanks',
      'llama-3',
      'Solve the following:\nx + 1 = 2, what is x?',
      '6.2',
    ],
    ['Solve the following:\nx + 1 = 2', 'gemma-2', 'Solve the following:', '5.3'],
    ['How do birds fly? And fish?', 'gemma-2', 'How do birds fly?', '6.1'],
    ['Tell me about birds.\nThey fly.', 'llama-3', 'Tell me about birds.', '99.2'],
    ['Question 3: How do birds fly?', 'llama-3', 'How do birds fly?', '99.1'],
  ] as const)('cleans %j of %s', (raw, family, query, rule) => {
    expect(sanitiseQuery(raw, family)).toEqual({ query, rule });
  });
});

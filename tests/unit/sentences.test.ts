import { expect, it } from 'vitest';

import { countSentences } from '../../domain/verifiers/sentences.ts';

it.each([
  ['', 0],
  ['...', 0],
  ['no mark', 1],
  ['One. Two? Three!', 3],
  ['What?! Yes.', 2],
  ['Dr. Smith met Mr. J. Lee at 3.5 p.m. today.', 1],
  ['Bring salt, etc. Then stir.', 2],
  ['Fruit, e.g. apples, is good.', 1],
  ['Well... maybe so.', 1],
  ['Well... Maybe so.', 2],
  ['He said "stop." Then he left.', 2],
  ['1. Rice is a grain.\n2. It grows.', 2],
  ['See example.com now.', 1],
  ['雨です。雪です。', 2],
  ['It was I. We knew.', 2],
])('counts the sentences of %j as %i', (text, count) => {
  expect(countSentences(text)).toBe(count);
});

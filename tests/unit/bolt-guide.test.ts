// Locks that what the grammar of the server lets through is what the layout's reader accepts.
import { describe, expect, it } from 'vitest';
import { layoutPattern } from '../../domain/bolt/guide-layout.ts';
import { parseThoughts, THINK_DELIMITERS } from '../../domain/bolt/thought-format.ts';

const GUIDE = { thoughtSentences: { min: 2, max: 3 } };
const MARKED = { thoughtOpen: '[t]', thoughtClose: '[/t]', solutionOpen: '{s}', solutionClose: '{/s}' };

function matches(text: string, delimiters = THINK_DELIMITERS): boolean {
  return new RegExp(`^(?:${layoutPattern(delimiters, GUIDE)})$`, 'u').test(text);
}

describe('a guided response', () => {
  it('has its thoughts in whole sentences and a solution after them', () => {
    const text = '<think>\nIs it 4? Yes, 2 + 2. </think>\n\nIt is 4, as 2 + 2.\nSure';
    expect(matches(text)).toBe(true);
    expect(parseThoughts(text, 'stop', THINK_DELIMITERS)).toEqual({
      code: 'ok',
      parts: { thoughts: 'Is it 4? Yes, 2 + 2.', solution: 'It is 4, as 2 + 2.\nSure' },
    });
  });

  it('takes marks of any kind, those around the solution too', () => {
    const text = '[t]\nOne. Two.\n[/t]\n\n{s}\nThree{/s}';
    expect(matches(text, MARKED)).toBe(true);
    expect(parseThoughts(text, 'stop', MARKED)).toEqual({
      code: 'ok',
      parts: { thoughts: 'One. Two.', solution: 'Three' },
    });
  });

  it('is written without a line break, which grammars refuse in a class of characters', () => {
    expect(layoutPattern(THINK_DELIMITERS, GUIDE)).toBe(
      String.raw`<think>\n(?:[^<.!?\s][^<.!?\n]*[.!?][ \n]){2,3}<\/think>\n\n[^<\s][^<]*`,
    );
  });

  it.each([
    ['too few sentences', '<think>\nOne. </think>\n\nFour'],
    ['too many sentences', '<think>\nOne. Two. Three. Four. </think>\n\nFive'],
    ['no solution', '<think>\nOne. Two. </think>\n\n'],
    ['a blank solution', '<think>\nOne. Two. </think>\n\n  '],
    ['something before the thoughts', 'Sure! <think>\nOne. Two. </think>\n\nFour'],
    ['a second pair of marks', '<think>\nOne. <think> Two. </think>\n\nFour'],
    ['a mark in the solution', '<think>\nOne. Two. </think>\n\nFour <think>'],
  ])('cannot have %s', (_fault, text) => {
    expect(matches(text)).toBe(false);
  });
});

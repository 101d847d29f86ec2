import { describe, expect, it } from 'vitest';

import { parseChecklist } from '../../domain/checklist-writing/parse-checklist.ts';

const questions = (reply: string) => parseChecklist(reply).items.map(({ question }) => question);

describe('parseChecklist', () => {
  it('reads the analysis, and each numbered question with its kind', () => {
    const reply = [
      'ANALYSIS: A poem, and',
      '- a list in the analysis?',
      'CHECKLIST:',
      '1. [explicit] Is it a poem?',
      '2) **Does it rhyme?** (implicit)',
      '(3) “Is it short?”',
    ].join('\n');
    expect(parseChecklist(reply)).toEqual({
      analysis: 'ANALYSIS: A poem, and\n- a list in the analysis?',
      items: [
        { question: 'Is it a poem?', kind: 'explicit' },
        { question: 'Does it rhyme?', kind: 'implicit' },
        { question: 'Is it short?' },
      ],
    });
  });

  it('takes the last heading, so that an announced list is not read twice', () => {
    expect(questions('## Checklist:\n- Is this a draft?\n\n**Checklist Questions**\n- [ ] Is it final?')).toEqual([
      'Is it final?',
    ]);
  });

  it('reads bullets without a heading, joins indented lines and passes over prose', () => {
    expect(questions('Here you are:\n\n* Is it\n    long?\nAnd then:\n• Is it true?\nGood luck!')).toEqual([
      'Is it long?',
      'Is it true?',
    ]);
  });

  it('takes the integer in brackets at the end of a line for the weight, and no other number', () => {
    expect(
      parseChecklist(
        '- Does it give (3) reasons? (100)\n- Is it polite? (weight: 25)\n- Is it in (2) parts?\n- Is it new? (75/100).\n- Is it odd? (-5)',
      ).items,
    ).toEqual([
      { question: 'Does it give (3) reasons?', weight: 100 },
      { question: 'Is it polite?', weight: 25 },
      { question: 'Is it in (2) parts?' },
      { question: 'Is it new?', weight: 75 },
      { question: 'Is it odd?', weight: -5 },
    ]);
  });

  it('reads JSON, bare, fenced or within prose', () => {
    expect(parseChecklist('{"analysis":"short","questions":["Is it a poem?"]}')).toEqual({
      analysis: 'short',
      items: [{ question: 'Is it a poem?' }],
    });
    expect(
      parseChecklist('Sure:\n```json\n[{"question":"Is it\\n short?","weight":50,"kind":"implicit"}]\n```\nDone.')
        .items,
    ).toEqual([{ question: 'Is it short?', weight: 50, kind: 'implicit' }]);
    expect(questions('I think {"checklist":[{"text":"Is it red?"},7]} will do')).toEqual(['Is it red?']);
  });

  it('leaves reasoning out, also when it never ends', () => {
    expect(questions('<think>\n- Is this a thought?\n</think>\n- Is this a question?')).toEqual([
      'Is this a question?',
    ]);
    expect(questions('<think>\n- Is this a thought?')).toEqual([]);
  });

  it('finds nothing in nothing', () => {
    expect(parseChecklist('')).toEqual({ analysis: '', items: [] });
    expect(parseChecklist('none')).toEqual({ analysis: 'none', items: [] });
    expect(parseChecklist('See [1] for {more}.')).toEqual({ analysis: 'See [1] for {more}.', items: [] });
  });
});

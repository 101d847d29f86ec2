// Locks what joins BOLT's stages: one fate for each sample, rows without the bootstrapping prompt, and judges that see the
// solution only.
import { describe, expect, it } from 'vitest';
import type { BoltPrompt } from '../../domain/bolt/bolt-query.ts';
import { addTallies, tallyFormat, type CheckedSample } from '../../domain/bolt/checked-sample.ts';
import { chooseFollowed } from '../../domain/bolt/choose-followed.ts';
import { rewardedPart, visiblePart } from '../../domain/bolt/judged-part.ts';
import { nameFates } from '../../domain/bolt/name-fates.ts';
import type { OutcomeScore } from '../../domain/bolt/outcome-score.ts';
import { toSftRow } from '../../domain/bolt/sft-row.ts';
import { parseThoughts, THINK_DELIMITERS } from '../../domain/bolt/thought-format.ts';
import { binScores, scoreHistogram } from '../../domain/report/bolt/histogram.ts';
import { versionName } from '../../domain/report/bolt/words.ts';

const stamp = { scorer: 'verifier', revision: 'code' };

function sample(sampleIndex: number, code: CheckedSample['code'], promptId = 'q'): CheckedSample {
  const parts = code === 'ok' ? { thoughts: 'I think.', solution: `Solution ${sampleIndex}` } : null;
  return { promptId, topic: 'logic', sampleIndex, code, detail: null, parts, tokens: null };
}

function score(sampleIndex: number, value: number): OutcomeScore {
  return { promptId: 'q', sampleIndex, score: value, lengthTokens: 10, stamp };
}

function prompt(promptId: string, questions: readonly string[] = ['Is it good?']): BoltPrompt {
  const checklist = questions.map((question) => ({ question }));
  return {
    promptId,
    messages: [{ role: 'user', content: `Query ${promptId}` }],
    checklist,
    topic: 'logic',
    difficulty: null,
  };
}

describe('the fate of samples', () => {
  const samples = [
    sample(0, 'ok'),
    sample(1, 'ok'),
    sample(2, 'no_open'),
    sample(3, 'failed'),
    sample(4, 'ok'),
    sample(5, 'ok'),
  ];
  const scores = [score(0, 1), score(1, 0.5), score(4, 0)];

  it('is one for each: by format, by score, by the cut, by the choice', () => {
    const cut = { setHash: 'h', stamp, share: 0.3, cut: 0.3, scores: 3, below: 1 };
    const named = nameFates(samples, { scores, cut, best: [score(0, 1)] });
    expect(named.map(({ fate, score: value }) => [fate, value])).toEqual([
      ['selected', 1],
      ['not-best', 0.5],
      ['no_open', null],
      ['failed', null],
      ['below-cut', 0],
      ['unscored', null],
    ]);
  });

  it('is unscored for what is valid where there is no score at all', () => {
    expect(
      nameFates(samples, { scores: [], cut: null, best: [] }).filter(({ fate }) => fate === 'unscored'),
    ).toHaveLength(4);
  });

  it('is counted shard by shard to the same sums', () => {
    const sum = addTallies(tallyFormat(samples.slice(0, 3)), tallyFormat(samples.slice(3)));
    expect(sum).toEqual(tallyFormat(samples));
    expect(sum).toMatchObject({ samples: 6, valid: 4, fates: { no_open: 1, failed: 1 } });
  });
});

describe('a row', () => {
  it('holds the bare query, and thoughts and solution between the marks that are trained on', () => {
    const delimiters = { thoughtOpen: '[z]', thoughtClose: '[/z]', solutionOpen: '[y]', solutionClose: '[/y]' };
    const row = toSftRow(prompt('q'), sample(2, 'ok'), score(2, 0.75), delimiters);
    expect(row).toEqual({
      promptId: 'q',
      topic: 'logic',
      sampleIndex: 2,
      score: 0.75,
      prompt: [{ role: 'user', content: 'Query q' }],
      completion: [{ role: 'assistant', content: '[z]\nI think.\n[/z]\n\n[y]\nSolution 2\n[/y]' }],
    });
    expect(parseThoughts(row.completion[0].content, 'stop', delimiters).code).toBe('ok');
  });

  it('is not made of a sample without parts', () => {
    expect(() => toSftRow(prompt('q'), sample(2, 'no_open'), score(2, 1), THINK_DELIMITERS)).toThrow(
      'Sample 2 of "q" was chosen and has no thoughts and solution',
    );
  });
});

describe('what is judged', () => {
  const whole = '<think>\nsecret\n</think>\n\nThe solution.';

  it.each([
    ['a whole response', whole, 'The solution.', 'The solution.'],
    ['an answer without thoughts', 'The solution.', '', 'The solution.'],
    ['thoughts that never end', '<think>\nsecret', '', ''],
    ['two blocks of thoughts', `${whole}\n<think>more</think> End.`, '', 'The solution.\n<think>more</think> End.'],
    ['words before the thoughts', `Sure. ${whole}`, '', `Sure. ${whole}`],
  ])('of %s', (_what, text, rewarded, visible) => {
    expect(rewardedPart(text, 'stop', THINK_DELIMITERS)).toBe(rewarded);
    expect(visiblePart(text, THINK_DELIMITERS)).toBe(visible);
  });

  it('of a response that was cut off is nothing where the layout is rewarded', () => {
    expect(rewardedPart(whole, 'length', THINK_DELIMITERS)).toBe('');
  });

  it('leaves out the marks around the solution', () => {
    const delimiters = { ...THINK_DELIMITERS, solutionOpen: '<answer>', solutionClose: '</answer>' };
    expect(visiblePart('<think>a</think><answer>b</answer>', delimiters)).toBe('b');
  });
});

describe('the followed queries', () => {
  it('are four with a row and a checklist, spread over all of them', () => {
    const prompts = Array.from({ length: 9 }, (_, index) => prompt(`q-${index}`, index === 0 ? [] : ['Is it good?']));
    const rows = prompts.slice(0, 9).map(({ promptId }) => ({ promptId }));
    // 8 candidates, q-1 to q-8: every second one.
    expect(chooseFollowed(prompts, rows).map(({ promptId }) => promptId)).toEqual(['q-1', 'q-3', 'q-5', 'q-7']);
  });

  it('are others that can be judged where none has a row, and any where none can be judged', () => {
    expect(chooseFollowed([prompt('a', []), prompt('b')], []).map(({ promptId }) => promptId)).toEqual(['b']);
    expect(chooseFollowed([prompt('a', [])], []).map(({ promptId }) => promptId)).toEqual(['a']);
    expect(chooseFollowed([], [])).toEqual([]);
  });
});

describe('the histogram of scores', () => {
  it('has as many bins as there are different scores, from the lowest to the highest', () => {
    expect(binScores([0, 0, 0.5, 1, 1, 1])).toEqual([
      { low: 0, high: 1 / 3, count: 2 },
      { low: 1 / 3, high: 2 / 3, count: 1 },
      { low: 2 / 3, high: 1, count: 3 },
    ]);
  });

  it('has one bin for equal scores, none for none, and at most 20', () => {
    expect(binScores([2, 2])).toEqual([{ low: 2, high: 2, count: 2 }]);
    expect(binScores([])).toEqual([]);
    const many = binScores(Array.from({ length: 1000 }, (_, index) => index));
    expect(many).toHaveLength(20);
    expect(many.reduce((sum, { count }) => sum + count, 0)).toBe(1000);
  });

  it('says its numbers and its cut to a screen reader', () => {
    expect(scoreHistogram(binScores([0, 1]), 0.3).text).toContain(
      'aria-label="Outcome scores, cut at 0.300. 0.00 to 0.50: 1; 0.50 to 1.00: 1"',
    );
  });
});

it('calls policy versions by their stage', () => {
  expect([0, 1, 2, 3].map(versionName)).toEqual(['base', 'SFT', 'online 1', 'online 2']);
});

// Locks when a judge of two steps is asked a second time, what it is shown, and what counts as its choice.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { AskReply, ChatAsk } from '../../domain/judging/ask.ts';
import { averageWithCode, combineJudges } from '../../domain/judging/panel.ts';
import { planAsk } from '../../domain/judging/plan-ask.ts';
import { parseChoice } from '../../domain/judging/two-step.ts';
import { combineVotes } from '../../domain/judging/votes.ts';
import { makeJudgeMethod } from '../support/make-judge-method.ts';

const template = '{{instruction}} {{answer}} {{question}}';
const verdictTemplate = 'Decide:\n{{question}}\nOne word.';
const judged = { instruction: 'Say hi', answer: 'hi' };

function planFor(verdict: 'line' | 'two-step', isRetry = false): ChatAsk {
  const method = makeJudgeMethod({ verdict, maxTokens: 96 });
  const plan = planAsk(method, { template, verdictTemplate }, judged, ['Is it short?'], isRetry);
  if (plan.kind !== 'chat') throw new Error('expected a chat call');
  return plan;
}

const said = (text: string, finishReason: AskReply['finishReason'] = 'stop'): AskReply => ({ text, finishReason });

describe('the second call of a judge of two steps', () => {
  it('shows the judge its own turns, asks greedily for one of two words and keeps the reason', () => {
    const first = planFor('two-step', true);
    expect(first).toMatchObject({ temperature: 0.7 });
    const second = first.followUp?.(said('It has two letters. So it is short.'));
    expect(second).toMatchObject({
      history: [
        { role: 'user', content: first.content },
        { role: 'assistant', content: 'It has two letters. So it is short.' },
      ],
      content: 'Decide:\n```text\nIs it short?\n```\nOne word.',
      choice: ['YES', 'NO'],
      temperature: 0,
      maxTokens: 96,
    });
    expect(second?.followUp).toBeUndefined();
    expect(second?.read(said('YES'))).toEqual([
      { answer: 'yes', by: 'judge', reason: 'It has two letters. So it is short.', secondCalls: 1 },
    ]);
  });

  it('settles a reply that was cut off, whatever verdict it was at', () => {
    const second = planFor('two-step').followUp?.(said('VERDICT: YES\nOn second thou', 'length'));
    expect(second?.history?.[1]).toEqual({ role: 'assistant', content: 'VERDICT: YES\nOn second thou' });
    expect(second?.read(said('NO'))).toMatchObject([{ answer: 'no', secondCalls: 1 }]);
  });

  it('shows no thoughts', () => {
    const second = planFor('two-step').followUp?.(said('<think>VERDICT: NO</think>It is short.'));
    expect(second?.history?.[1]?.content).toBe('It is short.');
  });

  it.each([
    ['a verdict', said('Short.\nVERDICT: NO')],
    ['a refusal', said("I'm sorry, but I can't help with that.")],
    ['nothing', said('  ')],
    ['thoughts that never ended', said('<think>Well, it', 'length')],
  ])('is not made after %s', (_, reply) => {
    expect(planFor('two-step').followUp?.(reply)).toBeUndefined();
  });

  it('is not made by a judge of one step', () => {
    expect(planFor('line').followUp).toBeUndefined();
  });

  it('restates the question under the template that ships', async () => {
    const shipped = await readFile(new URL('../../prompts/judge-item-verdict.md', import.meta.url), 'utf8');
    const templates = { template, verdictTemplate: shipped };
    const plan = planAsk(makeJudgeMethod({ verdict: 'two-step' }), templates, judged, ['Is it short?'], false);
    if (plan.kind !== 'chat') throw new Error('expected a chat call');
    expect(plan.followUp?.(said('Two letters.'))?.content).toContain('```text\nIs it short?\n```');
  });
});

describe('parseChoice', () => {
  it.each([
    ['YES', 'yes'],
    [' no\n', 'no'],
    ['<think>NO?</think>YES', 'yes'],
  ])('reads %j as %s', (reply, answer) => {
    expect(parseChoice(reply, 'stop', 'why')).toEqual({ answer, by: 'judge', reason: 'why', secondCalls: 1 });
  });

  it.each([
    ['YES, because', 'stop', 'malformed'],
    ['', 'stop', 'empty'],
    ['YES', 'length', 'truncated'],
    ['I cannot decide.', 'stop', 'refused'],
  ] as const)('takes %j (%s) for %s, not for a no', (reply, finishReason, cause) => {
    expect(parseChoice(reply, finishReason, 'why')).toEqual({
      answer: 'unparsed',
      by: 'judge',
      cause,
      reason: reply,
    });
  });
});

describe('the votes that second calls gave', () => {
  const line = { answer: 'yes', by: 'judge', reason: 'l' } as const;
  const second = { ...line, secondCalls: 1 } as const;

  it('are counted in a majority, a panel and beside code', () => {
    expect(combineVotes([second, line, second], true)).toMatchObject({ answer: 'yes', secondCalls: 2 });
    expect(combineVotes([line, line, line], true)).not.toHaveProperty('secondCalls');
    const opinions = [second, { ...second, secondCalls: 2 }, line].map((verdict, n) => ({
      judge: `j${n}`,
      ...verdict,
    }));
    // 1 + 2 + 0
    expect(combineJudges(opinions)).toMatchObject({ secondCalls: 3 });
    expect(averageWithCode({ answer: 'no', by: 'code', reason: 'c' }, second)).toMatchObject({ secondCalls: 1 });
  });
});

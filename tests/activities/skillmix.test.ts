// Locks what one chat of Instruct-SkillMix does when its turns go wrong: only the failing turn is asked for again, cut replies
// are shortened, chats that don't fit are not sent, and a judge that does not prefer the refined pair keeps the draft.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PairResult } from '../../domain/skillmix/result.ts';
import { failureFrom } from '../support/activity-bench.ts';
import { say, startSkillmixBench, type SkillmixBench } from '../support/skillmix-bench.ts';

let bench: SkillmixBench;

beforeEach(async () => {
  bench = await startSkillmixBench();
});
afterEach(() => bench.close());

const turnsOf = ({ replies }: PairResult) =>
  replies.map(({ turn, isRewrite, attempt, fault }) => `${turn}${isRewrite ? '+' : ''} ${attempt} ${fault ?? 'ok'}`);

describe('one chat', () => {
  it('grows turn by turn, each pair in the one layout', async () => {
    const result = await bench.makeOne();
    expect(turnsOf(result)).toEqual(['draft 0 ok', 'critique 0 ok', 'refine 0 ok']);
    expect(result.end).toMatchObject({ ok: true, from: 'refined', pair: result.refined });
    const [draft, critique, refine] = bench.bodies();
    expect([draft, critique, refine].map((body) => body?.messages.map(({ role }) => role).join(' '))).toEqual([
      'user',
      'user assistant user',
      'user assistant user assistant user',
    ]);
    expect(critique?.messages[1]?.content).toBe(
      `### Instruction:\n${result.draft?.instruction}\n\n### Response:\n${result.draft?.response}`,
    );
    expect(draft?.messages[0]?.content).toContain('Example 1. Type: Error detection. Skills (2): checking_units');
    // Both messages speak of the same skills in other words.
    expect(result.change?.unchanged).toBe(false);
    expect(result.change?.instruction).toBeGreaterThan(0);
    expect(result.change?.instruction).toBeLessThan(1);
  });

  it('asks again for the failing turn alone, with another seed, and pays for nothing twice when the server dies in between', async () => {
    bench.instead = (turn, times) => {
      if (turn === 'draft' && times === 0) return 'Nice weather.';
      if (turn === 'critique' && times === 0) return '';
      if (turn === 'refine' && times === 0) return "I'm sorry, but I can't rewrite that.";
      return turn === 'refine' && times === 1 ? { status: 503 } : undefined;
    };
    expect(await failureFrom(bench.makeOne())).toMatchObject({ type: 'model-server/unavailable', nonRetryable: false });
    await bench.generate();
    expect((await bench.results()).map(turnsOf)).toEqual([
      ['draft 0 no-labels', 'draft 1 ok', 'critique 0 empty', 'critique 1 ok', 'refine 0 apology', 'refine 1 ok'],
    ]);
    // Six turns, and the one that the server died of.
    expect(bench.bodies()).toHaveLength(7);
    const seeds = bench.bodies().map(({ seed }) => seed);
    expect(new Set(seeds).size).toBe(6);
    expect(seeds[5]).toBe(seeds[6]);
    await bench.generate();
    expect(bench.bodies()).toHaveLength(7);
  });

  it('asks for a shorter whole reply where one was cut, and takes the message of the cut one', async () => {
    bench.instead = (turn) => {
      if (turn === 'draft') return say('### Instruction:\nHow far is it?\n\n### Response:\nIt is so f', 'length');
      return turn === 'rewrite' ? '### Response:\nThree miles.' : undefined;
    };
    const result = await bench.makeOne({ generation: { critique: false } });
    expect(turnsOf(result)).toEqual(['draft 0 cut', 'draft+ 0 ok']);
    expect(result.end).toMatchObject({
      ok: true,
      from: 'draft',
      pair: { instruction: 'How far is it?', response: 'Three miles.' },
    });
    expect(bench.bodies()[1]?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    // A reply that ended by itself is never called cut, whatever it looks like.
    expect(bench.bodies()).toHaveLength(2);
  });

  it('draws a cut reply anew where rewriting is off, and ends as cut', async () => {
    bench.instead = (turn) => (turn === 'draft' ? say('### Instruction:\nHow', 'length') : undefined);
    const result = await bench.makeOne({ generation: { rewriteCut: false, attempts: 2 } });
    expect(turnsOf(result)).toEqual(['draft 0 cut', 'draft 1 cut']);
    expect(result.end).toEqual({ ok: false, turn: 'draft', fault: 'cut' });
  });

  it('does not insist on a combination that the teacher finds implausible', async () => {
    bench.instead = (turn) => (turn === 'draft' ? 'CANNOT COMBINE' : undefined);
    const result = await bench.makeOne();
    expect(turnsOf(result)).toEqual(['draft 0 cannot-combine']);
  });

  it('asks for another critique where praise alone changed nothing', async () => {
    let draft = '';
    bench.instead = (turn, times) => {
      if (turn === 'draft') return (draft = '### Instruction:\nHow far?\n\n### Response:\nThree miles.');
      if (turn === 'critique' && times === 0) return 'Weaknesses:\n- None.\nStrengths:\n- All of it.';
      return turn === 'refine' && times === 0 ? draft : undefined;
    };
    const result = await bench.makeOne();
    expect(turnsOf(result)).toEqual(['draft 0 ok', 'critique 0 ok', 'refine 0 ok', 'critique 0 ok', 'refine 0 ok']);
    expect(result.critique?.onlyPraise).toBe(false);
    expect(result.change?.unchanged).toBe(false);
  });

  it('keeps the pair of the first asking where the second one gives none', async () => {
    let draft = '';
    bench.instead = (turn, times) => {
      if (turn === 'draft') return (draft = '### Instruction:\nHow far?\n\n### Response:\nThree miles.');
      if (turn === 'critique' && times === 0) return 'Weaknesses:\n- None.\nStrengths:\n- All of it.';
      if (turn !== 'refine') return undefined;
      return times === 0 ? draft : "I'm sorry, but I can't.";
    };
    const result = await bench.makeOne({ generation: { attempts: 1 } });
    expect(turnsOf(result).at(-1)).toBe('refine 0 apology');
    expect(result.end).toEqual({
      ok: true,
      from: 'refined',
      pair: { instruction: 'How far?', response: 'Three miles.' },
    });
    expect(result.change?.unchanged).toBe(true);
  });

  it.each([
    ['drop', { ok: false, turn: 'refine', fault: 'apology' }],
    ['draft', { ok: true, from: 'draft' }],
  ] as const)('with onFailedRefine %s ends as told when no rewrite can be read', async (onFailedRefine, end) => {
    bench.instead = (turn) => (turn === 'refine' ? "I'm sorry, but I can't." : undefined);
    const result = await bench.makeOne({ generation: { onFailedRefine, attempts: 2 } });
    expect(result.end).toMatchObject(end);
    expect(result.critique).not.toBeNull();
  });

  it('holds replies to JSON by the server, and reads them', async () => {
    bench.instead = (turn) =>
      turn === 'draft' || turn === 'refine' ? JSON.stringify({ instruction: `${turn}?`, response: 'So.' }) : undefined;
    const result = await bench.makeOne({ generation: { output: 'json' } });
    expect(result.end).toMatchObject({ ok: true, pair: { instruction: 'refine?', response: 'So.' } });
    const constraints = bench
      .bodies()
      .map((body) => JSON.stringify(body).includes('"required":["instruction","response"]'));
    expect(constraints).toEqual([true, false, true]);
  });
});

describe('the prompts of a run', () => {
  it('are those that it was opened with: with others no further pair is written', async () => {
    await bench.makeOne();
    bench.runName = 'changed';
    const identity = 'changed/identity';
    const makeWithOthers = async () => {
      await bench.open();
      await rm(join(bench.folder, 'store', 'manifests', `${identity}.json`));
      await bench.store.write({
        name: identity,
        schema: 'run-identity',
        step: 'open-run',
        parents: [],
        configHash: '0'.repeat(64),
        policy: null,
        shards: [[{ 'pair prompts': 'f'.repeat(64) }]],
        summary: {},
      });
      await bench.plan();
      await bench.generate();
    };
    expect(await failureFrom(makeWithOthers())).toMatchObject({
      type: 'config/run-exists',
      nonRetryable: true,
      message: expect.stringContaining('was opened with other prompts of pairs'),
    });
    expect(bench.bodies()).toHaveLength(3);
  });
});

describe('the gate', () => {
  it('keeps the refined pair that the judge prefers, in whatever order it is shown', async () => {
    const result = await bench.makeOne({ generation: { gate: {} } });
    expect([result.gate, result.end.ok && result.end.from]).toEqual(['refined', 'refined']);
  });

  it('keeps the draft where the judge prefers it or says nothing', async () => {
    bench.instead = (turn) => (turn === 'gate' ? 'Both are fine.' : undefined);
    const result = await bench.makeOne({ generation: { gate: {}, attempts: 2 } });
    expect(turnsOf(result).slice(-2)).toEqual(['gate 0 unreadable', 'gate 1 unreadable']);
    expect([result.gate, result.end]).toMatchObject(['unreadable', { ok: true, from: 'draft', pair: result.draft }]);
    expect(result.refined).not.toBeNull();
  });
});

describe('the judge of a gate', () => {
  it('is asked as often at once as its own endpoint allows, not as the teacher does', async () => {
    const askedAt: number[] = [];
    bench.instead = (turn) => {
      if (turn !== 'gate') return undefined;
      askedAt.push(Date.now());
      return { ...say('BETTER: A'), delayMs: 200 };
    };
    const judge = { baseUrl: bench.server.baseUrl, model: 'scripted', callsInFlight: 1 };
    await bench.makeOne({ numRows: 3, generation: { gate: { judge } } });
    const gaps = askedAt.slice(1).map((at, index) => at - (askedAt[index] ?? 0));
    expect(gaps).toHaveLength(2);
    expect(Math.min(...gaps)).toBeGreaterThan(150);
  });

  it('has no lane to wait for where it is the teacher itself', async () => {
    const policy = { baseUrl: bench.server.baseUrl, model: 'scripted', callsInFlight: 1 };
    expect((await bench.makeOne({ policy, generation: { gate: {} } })).gate).toBe('refined');
  });
});

describe('the context', () => {
  it('is held by showing fewer examples', async () => {
    const roomy = await bench.makeOne();
    expect(roomy.examples).toBe(2);
    const words = bench.bodies()[0]?.messages[0]?.content.split(/\s+/).length ?? 0;
    // Too little for two examples beside replies (712) and the later prompts, enough for one.
    bench.contextTokens = words + 100 + 512 + 100 + 30;
    bench.runName = 'tight';
    const tight = await bench.makeOne();
    expect([tight.examples, tight.end.ok]).toEqual([1, true]);
  });

  it('is too small for the whole chat: the run is refused before a call is paid for', async () => {
    bench.contextTokens = 600;
    const failure = await failureFrom(bench.open());
    expect(failure).toMatchObject({ type: 'model-server/context-too-small', nonRetryable: true });
    expect(failure.message).toMatch(
      /may have \d+ tokens without any example, more than the 600 of the teacher "scripted"/,
    );
    expect(bench.bodies()).toHaveLength(0);
  });

  it('is outgrown by a turn: that chat is not sent, and the pair says so', async () => {
    bench.instead = (turn) =>
      turn === 'draft' ? `### Instruction:\nHow?\n\n### Response:\n${'far '.repeat(3500)}` : undefined;
    const result = await bench.makeOne();
    expect(result.end).toEqual({ ok: false, turn: 'critique', fault: 'too-long' });
    expect(bench.bodies()).toHaveLength(1);
  });
});

describe('the costs', () => {
  it('tell calls without a token count apart from free ones', async () => {
    bench.instead = (turn) => {
      if (turn !== 'critique') return undefined;
      const message = { content: 'Weaknesses:\n- It is vague.' };
      return { body: { choices: [{ index: 0, message, finish_reason: 'stop' }] } };
    };
    await bench.makeOne();
    expect(await bench.generate()).toMatchObject({ calls: 3, unreportedUsage: 1 });
  });

  it('leave out a chat that was too long to be sent', async () => {
    bench.instead = (turn) =>
      turn === 'draft' ? `### Instruction:\nHow?\n\n### Response:\n${'far '.repeat(3500)}` : undefined;
    await bench.makeOne();
    expect(await bench.generate()).toMatchObject({ calls: 1, unreportedUsage: 0 });
  });
});

describe('a teacher of its own', () => {
  it('is asked through any OpenAI-compatible endpoint, and the policy is not asked for anything', async () => {
    const config = {
      policy: { baseUrl: 'http://127.0.0.1:9', model: 'absent' },
      teacher: { baseUrl: bench.server.baseUrl, model: 'scripted', contextTokens: 8000 },
    };
    const result = await bench.makeOne(config);
    expect(result.end.ok).toBe(true);
    expect(bench.server.requests.some(({ path }) => path === '/tokenize')).toBe(false);
  });
});

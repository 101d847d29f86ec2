// Locks what Magpie answers and what it drops: no reply to a dropped query, later turns that the model writes as a user, replies
// that end badly.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startMagpieBench, type MagpieBench, type SentBody } from '../support/magpie-bench.ts';

let bench: MagpieBench;
beforeEach(async () => {
  bench = await startMagpieBench();
});
afterEach(() => bench.close());

describe('answering queries', () => {
  it('pays for no reply to a dropped query, and leaves the steering prompt out', async () => {
    await writeFile(join(bench.folder, 'math.md'), 'You like mathematics.');
    await bench.open({ steering: { math: { prompt: join(bench.folder, 'math.md') } } });
    await bench.reachAnswers(0);
    expect(await bench.answer(0)).toMatchObject({ calls: 21, answered: 21, replies: 21, cutReplies: 0 });
    const asked = bench.bodiesTo('/v1/chat/completions');
    expect(asked).toHaveLength(21);
    expect(asked.every(({ messages }) => messages.length === 1 && messages[0]?.role === 'user')).toBe(true);
    const rows = await bench.rowsOf('answered', 0);
    const whole = rows.filter(({ dropped }) => dropped === undefined);
    expect(whole[0]).toMatchObject({ replyFinish: 'stop', origin: { replyModel: 'scripted', steeredBy: 'math' } });
    expect(whole[0]?.messages[1]?.content).toMatch(/^It means reply/);
    expect(rows).toHaveLength(32);
  });

  it('shows the steering prompt to the reply where the config says so', async () => {
    await writeFile(join(bench.folder, 'math.md'), 'You like mathematics.');
    await bench.open({
      steering: { math: { prompt: join(bench.folder, 'math.md') } },
      replies: { maxTokens: 64, withSteering: true },
    });
    await bench.reachAnswers(0);
    await bench.answer(0);
    expect(bench.bodiesTo('/v1/chat/completions')[0]?.messages[0]).toEqual({
      role: 'system',
      content: 'You like mathematics.',
    });
  });

  it('goes on for a second turn: the user under the multi-turn prompt, the reply without it', async () => {
    await writeFile(join(bench.folder, 'turns.md'), 'A talk of several rounds.');
    await bench.open({ turns: { count: 2, systemPrompt: join(bench.folder, 'turns.md') } });
    await bench.reachAnswers(0);
    await bench.answer(0);
    const later = bench.bodiesTo('/v1/completions').filter(({ n }) => n === 1);
    expect(later).toHaveLength(21);
    expect(later[0]?.prompt).toMatch(
      /^<\|im_start\|>system\nA talk of several rounds\.<\|im_end\|>\n<\|im_start\|>user\n.*<\|im_end\|>\n<\|im_start\|>assistant\nIt means reply.*<\|im_end\|>\n<\|im_start\|>user\n$/s,
    );
    const rows = await bench.rowsOf('answered', 0);
    const whole = rows.filter(({ dropped }) => dropped === undefined);
    expect(whole.length).toBeGreaterThan(0);
    expect(
      whole.every(({ messages }) => messages.map(({ role }) => role).join() === 'user,assistant,user,assistant'),
    ).toBe(true);
    const ended = rows.filter(({ dropped }) => dropped?.by === 'turn-2');
    expect(ended.length + whole.length).toBe(21);
    const asked = bench.bodiesTo('/v1/chat/completions');
    expect(asked.every(({ messages }) => messages.every(({ role }) => role !== 'system'))).toBe(true);
    expect(asked.filter(({ messages }) => messages.length === 3)).toHaveLength(whole.length);
  });

  it('drops a conversation whose second query is the first but for a comma', async () => {
    await writeFile(join(bench.folder, 'turns.md'), 'A talk of several rounds.');
    bench.writes = (prompt, seed) => {
      const first = /(word\d+) good for all of us here/.exec(prompt);
      if (!prompt.endsWith('<|im_start|>user\n')) return 'It is good.';
      return first === null
        ? `What is word${seed} good for all of us here?`
        : `What is ${first[1]}, good for all of us here?`;
    };
    await bench.open({ turns: { count: 2, systemPrompt: join(bench.folder, 'turns.md') } });
    await bench.reachAnswers(0);
    expect(await bench.answer(0)).toMatchObject({ answered: 0, replies: 32 });
    const rows = await bench.rowsOf('answered', 0);
    expect(rows.every(({ dropped }) => dropped?.by === 'turn-2' && dropped.reason === 'repeats')).toBe(true);
  });

  it('drops what the server refuses under the code of the refusal, in a first turn and in a later one', async () => {
    await writeFile(join(bench.folder, 'turns.md'), 'A talk of several rounds.');
    const tokenize = bench.intercept;
    const refusal = { status: 400, body: { error: { message: 'maximum context length is 2048 tokens' } } };
    bench.intercept = (request) => {
      const { path, body } = request;
      const isEven = path === '/v1/chat/completions' && /word\d*[02468]a/.test(JSON.stringify(body));
      const isLater = path === '/v1/completions' && (body as SentBody).prompt.includes('A talk of several rounds.');
      return isEven || isLater ? refusal : tokenize(request);
    };
    await bench.open({ turns: { count: 2, systemPrompt: join(bench.folder, 'turns.md') } });
    await bench.reachAnswers(0);
    expect(await bench.answer(0)).toMatchObject({ answered: 0 });
    const drops = (await bench.rowsOf('answered', 0)).flatMap(({ dropped }) =>
      dropped?.by === 'reply' || dropped?.by === 'turn-2' ? [`${dropped.by} ${dropped.reason}`] : [],
    );
    expect(drops).toHaveLength(21);
    expect(new Set(drops)).toEqual(
      new Set(['reply model-server/prompt-too-long', 'turn-2 model-server/prompt-too-long']),
    );
  });

  it('drops a row whose reply the server ended because it loops, and keeps that reply to be looked at', async () => {
    bench.writes = (prompt, seed) => {
      if (prompt.endsWith('<|im_start|>user\n')) return `What is word${seed} good for?`;
      return /word\d*[02468] /.test(prompt) ? 'It is what it is what it is LOOP' : 'It is good.';
    };
    await bench.open({ replies: { maxTokens: 64, repetitionDetection: { maxPatternTokens: 40, minCount: 4 } } });
    await bench.reachAnswers(0);
    expect(await bench.answer(0)).toMatchObject({ answered: 16, replies: 32, cutReplies: 0, loopedReplies: 16 });
    expect(bench.bodiesTo('/v1/chat/completions')[0]).toMatchObject({
      repetition_detection: { max_pattern_size: 40, min_pattern_size: 1, min_count: 4 },
    });
    const dropped = (await bench.rowsOf('answered', 0)).filter((row) => row.dropped !== undefined);
    expect(dropped).toHaveLength(16);
    expect(dropped[0]).toMatchObject({
      dropped: { by: 'reply', reason: 'loops' },
      replyFinish: 'repetition',
      messages: [{ role: 'user' }, { role: 'assistant', content: 'It is what it is what it is LOOP' }],
    });
  });

  it('counts replies that were cut, and drops a row whose reply is empty or refused', async () => {
    bench.writes = (prompt, seed) => {
      if (prompt.endsWith('<|im_start|>user\n')) return `What is word${seed} good for?`;
      if (/word\d*[02468] /.test(prompt)) return 'It goes on CUT';
      return ' ';
    };
    await bench.open();
    await bench.reachAnswers(0);
    expect(await bench.answer(0)).toMatchObject({ answered: 16, replies: 32, cutReplies: 16 });
    const rows = await bench.rowsOf('answered', 0);
    expect(rows.filter(({ dropped }) => dropped?.reason === 'empty')).toHaveLength(16);
    expect(rows.filter(({ replyFinish }) => replyFinish === 'length')).toHaveLength(16);
  });
});

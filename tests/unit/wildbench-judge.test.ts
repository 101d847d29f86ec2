import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { wildBenchTask } from '../../configs/schema/wildbench-task.ts';
import { formatBatchId, formatBatchRequest, parseBatchId, readBatchResult } from '../../domain/wildbench/batch.ts';
import { countCodePoints, stripBlanks } from '../../domain/wildbench/code-points.ts';
import { cutWords } from '../../domain/wildbench/cut-words.ts';
import { parsePairReply, renderPairPrompt, seatsModelAtA } from '../../domain/wildbench/judge-pair.ts';
import { parseScoreReply, renderScorePrompt } from '../../domain/wildbench/judge-score.ts';
import { votesFromScores } from '../../domain/wildbench/votes.ts';

const row = {
  session_id: 's1',
  conversation_input: [
    { role: 'user', content: 'Name a bird.', language: 'English' },
    { role: 'assistant', content: 'A wren.' },
    { role: 'user', content: 'Another {{answer}} one ``` please.' },
  ],
  checklist: ['Is it a bird?', 'Is it not a wren?'],
  primary_tag: 'Information seeking',
  secondary_tags: ['Advice seeking', 'Others'],
};
const task = wildBenchTask.parse(row);
const template = (name: string) => readFile(new URL(`../../prompts/${name}.md`, import.meta.url), 'utf8');

it('reads a task in upstream field names, each group once', () => {
  expect(task).toMatchObject({ sessionId: 's1', groups: ['Information/Advice seeking', 'Creative Tasks'] });
  expect(wildBenchTask.safeParse({ ...row, conversation_input: row.conversation_input.slice(0, 2) }).success).toBe(
    false,
  );
  expect(wildBenchTask.safeParse({ ...row, primary_tag: 'Poetry' }).success).toBe(false);
});

it('shows the judge the recorded history, quoted so that no text can pose as the template', async () => {
  const { prompt, answer } = renderScorePrompt(await template('wildbench-score'), task, ' An {{query}} owl 🦉 ', -1);
  expect(prompt).toContain('```text\nUSER: Name a bird.\n\nASSISTANT: A wren.\n\n\n```');
  expect(prompt).toContain('````text\nAnother {{answer}} one ``` please.\n````');
  expect(prompt).toContain('```text\nAn {{query}} owl 🦉\n```');
  expect(prompt).toContain('- Is it a bird?\n- Is it not a wren?');
  expect(answer).toMatchObject({ lengthChars: 18, truncated: false, empty: false });
});

it('marks an empty answer of a pair and cuts a long one', async () => {
  const { prompt, answerA, answerB } = renderPairPrompt(
    await template('wildbench-pair'),
    task,
    { a: ' \n', b: 'a b c' },
    2,
  );
  expect(prompt).toContain('```text\n[This model response is empty.]\n```');
  expect(prompt).toContain('```text\na b... (truncated)\n```');
  expect([answerA.empty, answerB.truncated, answerB.lengthChars]).toEqual([true, true, 18]);
});

it('counts and strips as Python does', () => {
  expect([countCodePoints('a🦉\ud800'), 'a🦉\ud800'.length]).toEqual([3, 4]);
  expect(stripBlanks('\u001c\u0085 a \ufeff')).toBe('a \ufeff');
  expect(cutWords('a  b', 2)).toEqual({ text: 'a ... (truncated)', truncated: true });
  expect(cutWords('a b ... (truncated)', -1).truncated).toBe(false);
});

it.each([
  ['{"strengths":"s","weaknesses":"w","score":"10"}', 10, 'json'],
  ['Here:\n```json\n{"score": 7}\n```', 7, 'embedded'],
  ['<think>{"score": "2"}</think>{"score": "9"}', 9, 'embedded'],
  ['{"strengths": "says "hi"", "score": "8"}', 8, 'pattern'],
])('reads the score of %s', (reply, score, rung) => {
  expect(parseScoreReply(reply, 'stop', 'strict')).toMatchObject({ ok: true, score, rung });
});

it.each([
  ['', 'stop', 'empty'],
  ['{"strengths": "x", "score": "1', 'stop', 'malformed'], // cut after the 1 of a 10
  ['{"strengths": "x"y", "score": "8"', 'length', 'truncated'],
  ['{"strengths": "it quotes "score": "1"", "score": "9"}', 'stop', 'malformed'],
  ['{"strengths": "x"}', 'stop', 'key-missing'],
  ['{"score": "11"}', 'stop', 'out-of-range'],
  ['{"score": ""}', 'stop', 'out-of-range'],
] as const)('makes no score of %s', (reply, finishReason, cause) => {
  expect(parseScoreReply(reply, finishReason, 'strict')).toEqual({ ok: false, cause });
});

it('takes JSON or nothing in upstream mode', () => {
  expect(parseScoreReply('x {"score": "7"}', 'stop', 'upstream')).toEqual({ ok: false, cause: 'malformed' });
  expect(parsePairReply('{"choice": "B+"}', 'stop', 'upstream')).toMatchObject({ ok: true, choice: 'B+' });
  expect(parsePairReply('{"choice": "A"}', 'stop', 'upstream')).toEqual({ ok: false, cause: 'out-of-range' });
  expect(parsePairReply("{'choice': 'A=B'}", 'stop', 'strict')).toMatchObject({ ok: true, choice: 'A=B' });
});

it('seats the model by a fair coin that the seed repeats', () => {
  const seats = Array.from({ length: 1000 }, (_, index) => seatsModelAtA(42, `s${index}`, 'm', 'b'));
  expect(seats).toEqual(Array.from({ length: 1000 }, (_, index) => seatsModelAtA(42, `s${index}`, 'm', 'b')));
  const atA = seats.filter(Boolean).length;
  expect(atA).toBeGreaterThan(430);
  expect(atA).toBeLessThan(570);
});

it('says in the id of a batch request who sits where', () => {
  const key = { kind: 'pair', sessionId: 's1', modelA: 'm', modelB: 'org/b' } as const;
  expect(formatBatchId(key)).toBe('s1||A:m||B:org/b');
  expect(parseBatchId('s1||A:m||B:org/b')).toEqual(key);
  expect(parseBatchId('s1||m')).toEqual({ kind: 'score', sessionId: 's1', model: 'm' });
  expect(() => parseBatchId('s1')).toThrow('is no batch id');
  expect(() => formatBatchId({ kind: 'score', sessionId: 's||1', model: 'm' })).toThrow("can't stand in a batch id");
  expect(JSON.parse(formatBatchRequest(key, 'hi', { judge: 'j', maxTokens: 1024 }))).toEqual({
    custom_id: 's1||A:m||B:org/b',
    method: 'POST',
    url: '/v1/chat/completions',
    body: {
      model: 'j',
      messages: [{ role: 'user', content: 'hi' }],
      temperature: 0,
      max_tokens: 1024,
      response_format: { type: 'json_object' },
    },
  });
});

it('keeps a failed request apart from a reply', () => {
  expect(readBatchResult({ custom_id: 's||m', error: { message: 'expired' } })).toMatchObject({
    ok: false,
    message: 'expired',
  });
  const body = { choices: [{ message: { content: '{}' }, finish_reason: 'length' }] };
  expect(readBatchResult({ custom_id: 's||m', response: { status_code: 200, body } })).toMatchObject({
    ok: true,
    text: '{}',
    finishReason: 'length',
  });
});

it('makes votes of score differences and leaves the gap between the margins out', () => {
  const judged = (score: number | null, extra: object = {}) => [
    { sessionId: 's', score, lengthChars: 5, truncated: false, empty: false, ...extra },
  ];
  const votes = votesFromScores(
    new Map([
      ['a', judged(9)],
      ['b', judged(7)],
      ['c', judged(6)],
      ['d', judged(1, { empty: true })],
    ]),
    { margin: 3, tieMargin: 1 },
  );
  // a - b = 2: neither; a - c = 3: a win; b - c = 1: a tie; d is empty.
  expect(votes.map(({ model1, model2, winner }) => [model1, model2, winner])).toEqual([
    ['a', 'c', 'model1'],
    ['b', 'c', 'tie'],
  ]);
});

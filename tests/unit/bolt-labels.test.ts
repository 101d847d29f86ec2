// Locks BOLT's keep rule: 5 or more of 7 criteria, which 29 of the 128 label vectors meet.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import {
  DIFFICULTY_CRITERIA,
  difficultyOf,
  isHard,
  parseDifficulty,
  renderDifficultyPrompt,
  type DifficultyLabels,
} from '../../domain/bolt/difficulty.ts';
import { DEFAULT_TOPICS, parseTopic, renderTopicPrompt } from '../../domain/bolt/topics.ts';

const readPrompt = (name: string): Promise<string> =>
  readFile(new URL(`../../prompts/${name}`, import.meta.url), 'utf8');

/** The label vector whose bits are those of a number. */
function labelsOf(bits: number): DifficultyLabels {
  return Object.fromEntries(
    DIFFICULTY_CRITERIA.map((criterion, index) => [criterion, ((bits >> index) & 1) === 1]),
  ) as DifficultyLabels;
}

const reply = (labels: DifficultyLabels): string =>
  DIFFICULTY_CRITERIA.map((criterion) => `${criterion}: ${labels[criterion] ? 1 : 0}`).join('\n');

describe('difficulty', () => {
  const all = Array.from({ length: 128 }, (_, bits) => labelsOf(bits));

  it('keeps 29 of the 128 label vectors: C(7,5) + C(7,6) + C(7,7) = 21 + 7 + 1', () => {
    expect(all.filter((labels) => isHard(labels, 5)).length).toBe(29);
    expect(all.filter((labels) => isHard(labels, 0)).length).toBe(128);
  });

  it('reads each of the 128 back from a reply', () => {
    for (const labels of all) expect(parseDifficulty(reply(labels), 'stop')).toEqual({ ok: true, label: labels });
  });

  it('reads bold names, JSON and words, and looks past thoughts', () => {
    const hard = { ...labelsOf(127), creativity: false };
    const bold = reply(hard).replaceAll(/^([a-z-]+): (\d)$/gm, '- **$1:** $2');
    const words = reply(hard).replaceAll('1', 'Yes').replaceAll('0', 'No').replaceAll('-', ' ');
    for (const text of [bold, words, JSON.stringify(hard), `<think>creativity: 1</think>\n${reply(hard)}`]) {
      expect(parseDifficulty(text, 'stop')).toEqual({ ok: true, label: hard });
    }
    expect(difficultyOf(hard)).toBe(6);
  });

  it.each([
    ['a missing name', reply(labelsOf(3)).replace('creativity: 0\n', ''), 'stop', 'malformed', 'creativity is missing'],
    ['a contradiction', `${reply(labelsOf(0))}\ncreativity: 1`, 'stop', 'malformed', 'creativity is both 0 and 1'],
    [
      'the form copied unfilled',
      reply(labelsOf(0)).replaceAll('0', '0 or 1'),
      'stop',
      'malformed',
      'specificity is missing',
    ],
    [
      'a number beyond 0 and 1',
      reply(labelsOf(0)).replace('y: 0', 'y: 10'),
      'stop',
      'malformed',
      'specificity is missing',
    ],
    ['a cut reply', reply(labelsOf(0)), 'length', 'truncated', 'ended with "length"'],
    ['thoughts alone', '<think>specificity: 1', 'stop', 'empty', 'no text'],
  ] as const)('has no labels for %s', (_what, text, finishReason, cause, detail) => {
    expect(parseDifficulty(text, finishReason)).toEqual({ ok: false, cause, detail });
  });

  it('asks for all seven by name and quotes the query', async () => {
    const prompt = renderDifficultyPrompt(await readPrompt('query-difficulty.md'), 'A query <|im_end|>');
    for (const criterion of DIFFICULTY_CRITERIA) expect(prompt.split(`${criterion}: `).length - 1).toBe(2);
    expect(prompt).toContain('```text\nA query < |im_end|>\n```');
  });
});

describe('topics', () => {
  const topic = (text: string): unknown => parseTopic(text, 'stop', DEFAULT_TOPICS);

  it.each([
    'TOPIC: data-analysis',
    'Topic: Data analysis.',
    '**TOPIC:** `data-analysis`',
    'data-analysis',
    '<think>logic?</think>\nTOPIC: data-analysis',
  ])('reads %s', (text) => {
    expect(topic(text)).toEqual({ ok: true, label: 'data-analysis' });
  });

  it.each([
    ['TOPIC: astrology', 'a topic beside the list'],
    ['TOPIC: logic\nTOPIC: coding', 'more than one topic'],
    ['TOPIC: logic or coding', 'a topic beside the list'],
    ['It is about numbers.\nSo I would say logic.', 'no topic'],
  ])('reads no topic from %j', (text, detail) => {
    expect(topic(text)).toEqual({ ok: false, cause: 'malformed', detail });
  });

  it('shows the whole list, one a line', async () => {
    const prompt = renderTopicPrompt(await readPrompt('query-topic.md'), 'A query', {
      logic: 'puzzles',
      other: 'the rest',
    });
    expect(prompt).toContain('\n- logic: puzzles\n- other: the rest\n');
  });
});

// Locks that names are merged by what an embedding model says of them, that no call for it is paid for twice, and that a
// name without an embedding is kept and counted.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readArtifact } from '../../activities/artifacts/read-artifact.ts';
import { decodeVector } from '../../activities/synthesis/embed-texts.ts';
import type { RowSkills } from '../../domain/skillmix/extraction.ts';
import type { Skill } from '../../domain/skillmix/inventory.ts';
import { failureFrom } from '../support/activity-bench.ts';
import type { ScriptedReply } from '../support/scripted-model-server.ts';
import { embedding, say, startSkillmixBench, type SkillmixBench } from '../support/skillmix-bench.ts';

let bench: SkillmixBench;

/** Degrees of what texts mean; those that are not here are too long. */
const MEANINGS: Readonly<Record<string, number>> = {
  'planning ahead': 0,
  'Making Plans': 6,
  'thinking ahead': 9,
  'mending bikes': 90,
  'weighing options': 45,
  'estimating effort': 180,
  'weighing trade offs': 48,
};

function embed(text: string): ScriptedReply {
  const degrees = MEANINGS[text];
  if (degrees === undefined) return { status: 400, body: { error: { message: 'maximum context length is 8 tokens' } } };
  const angle = (degrees * Math.PI) / 180;
  return embedding([Math.cos(angle), Math.sin(angle)]);
}

/** Names up to 8 degrees apart are one. */
const merge = (changes: object = {}) => ({
  by: { baseUrl: bench.server.baseUrl, model: 'embedder', callsInFlight: 1, ...changes },
  maxDistance: 1 - Math.cos((8 * Math.PI) / 180),
});
const fromFiles = (changes: object = {}) => ({ source: 'files' as const, ...bench.files, merge: merge(changes) });
const readSkills = async () =>
  (await readArtifact<Skill>(bench.store, 'test/skillmix/inventory')).rows.map(({ name, count, merged }) => [
    name,
    count,
    merged,
  ]);

beforeEach(async () => {
  bench = await startSkillmixBench();
  bench.embed = embed;
  const names = ['thinking_ahead', 'Making Plans', 'mending_bikes', 'a_name_without_meaning', 'planning_ahead'];
  // The last one is named twice.
  await writeFile(bench.files.skills, [...names, 'planning ahead'].map((name) => `${name}\n`).join(''));
});
afterEach(() => bench.close());

describe('names merged by meaning', () => {
  it('go to the more frequent name, and one that could not be embedded stays and is counted', async () => {
    const built = await bench.open({ inventory: fromFiles() });
    // Five names, of which one was refused: 4 x 3 tokens.
    expect(built).toMatchObject({ skills: 4, counts: { calls: 5, promptTokens: 12, unreportedUsage: 0 } });
    expect(bench.embedded()).toEqual([
      'planning ahead',
      'thinking ahead',
      'Making Plans',
      'mending bikes',
      'a name without meaning',
    ]);
    // 9 degrees are too far from planning_ahead, and the plans are nearer to thinking_ahead.
    expect(await readSkills()).toEqual([
      ['planning_ahead', 2, []],
      ['thinking_ahead', 2, ['making_plans']],
      ['mending_bikes', 1, []],
      ['a_name_without_meaning', 1, []],
    ]);
    const { manifest } = await readArtifact<Skill>(bench.store, 'test/skillmix/inventory');
    expect(manifest.summary).toEqual({
      named: 6,
      notNames: 0,
      topicNames: 0,
      repeats: 1,
      nearDuplicates: 1,
      skills: 4,
      mergedBy: 'embedder',
      notEmbedded: 1,
      groupRounds: [],
    });
    const vectors = await readArtifact<{ name: string; vector: string }>(
      bench.store,
      'test/skillmix/vectors/shard-000',
    );
    expect(vectors.rows.map(({ name }) => name)).toEqual([
      'planning_ahead',
      'thinking_ahead',
      'making_plans',
      'mending_bikes',
    ]);
    expect(decodeVector(vectors.rows[0]?.vector ?? '')).toEqual(Float32Array.from([1, 0]));
    expect(vectors.manifest.summary).toMatchObject({ model: 'embedder', calls: 5, silentCalls: 5, uncountedCalls: 0 });
    expect(manifest.parents.map(({ name }) => name)).toEqual([
      'test/skillmix/given',
      'test/skillmix/vectors/shard-000',
    ]);
  });

  it('cost nothing twice, neither after a break in the middle nor when the run is opened again', async () => {
    const data = join(bench.folder, 'data.jsonl');
    await writeFile(
      data,
      `${JSON.stringify({ promptId: 'p', messages: [{ role: 'user', content: 'Mend my bike.' }] })}\n`,
    );
    bench.instead = (turn) =>
      turn === 'label' ? 'weighing_options\nestimating_effort\nweighing_trade_offs\nmending_bikes' : undefined;
    const inventory = {
      source: 'labelled',
      data,
      queryTypes: bench.files.queryTypes,
      groupLabels: 0,
      merge: merge(),
    } as const;
    let answered = 0;
    bench.embed = (text) => ((answered += 1) > 2 ? 'reset' : embed(text));
    expect(await failureFrom(bench.open({ inventory }))).toMatchObject({ type: 'model-server/unavailable' });
    expect([bench.bodies().length, bench.embedded().length]).toEqual([1, 3]);
    bench.embed = embed;
    const built = await bench.open({ inventory });
    // One list, and four names of which two were paid for before; the third call had no answer.
    expect([bench.bodies().length, bench.embedded().length]).toEqual([1, 5]);
    expect(built).toMatchObject({ skills: 3, counts: { calls: 5, promptTokens: 10 + 4 * 3, completionTokens: 5 } });
    const mapped = await readArtifact<RowSkills>(bench.store, 'test/skillmix/row-skills');
    expect(mapped.rows[0]).toMatchObject({
      labels: ['weighing_options', 'estimating_effort', 'weighing_trade_offs', 'mending_bikes'],
      skills: ['weighing_options', 'estimating_effort', 'mending_bikes'],
    });
    expect(await bench.open({ inventory })).toEqual(built);
    expect([bench.bodies().length, bench.embedded().length]).toEqual([1, 5]);
  });

  it('are counted as calls whose tokens nobody told where the server does not say', async () => {
    bench.embed = () => ({ body: { data: [{ embedding: [1, 0] }] } });
    const failure = await failureFrom(bench.open({ inventory: fromFiles() }));
    // All names mean the same to this model: what to do is to merge fewer.
    expect(failure).toMatchObject({
      type: 'data/too-few-skills',
      message: expect.stringContaining('4 were merged. Add skills to the file, or merge fewer names (inventory.merge)'),
    });
    const vectors = await bench.store.find('test/skillmix/vectors/shard-000');
    expect(vectors?.summary).toMatchObject({ calls: 5, promptTokens: 0, uncountedCalls: 5, unreportedUsage: 5 });
  });

  it('end the run where the model is not served, before anything is paid, or where it is replaced by another one', async () => {
    expect(await failureFrom(bench.open({ inventory: fromFiles({ model: 'nobody' }) }))).toMatchObject({
      type: 'model-server/unknown-model',
      message: expect.stringContaining('does not serve inventory.merge.by.model "nobody"'),
    });
    expect(bench.embedded()).toEqual([]);
    bench.embed = (text) => embedding(text === 'planning ahead' ? [1, 0] : [1, 0, 0]);
    expect(await failureFrom(bench.open({ inventory: fromFiles() }))).toMatchObject({
      type: 'data/mixed-scorers',
      message: expect.stringContaining('embedder embedded a name in 3 dimensions, and earlier ones of the run in 2'),
    });
  });

  it('are part of the plan that the progress shows, as are topics before they are known', async () => {
    bench.instead = (turn) =>
      turn === 'skills' ? { ...say('mending_bikes\nplanning_ahead'), delayMs: 1500 } : undefined;
    bench.embed = (text) => ({ ...(embed(text) as object), delayMs: 1200 });
    const inventory = {
      source: 'asked',
      topicRounds: 2,
      queryTypes: bench.files.queryTypes,
      merge: merge({ callsInFlight: 4 }),
    } as const;
    await bench.open({ inventory });
    // Two rounds, then the skills of three topics, then two names.
    for (const told of [
      { done: 2, total: 5, calls: 2, reported: 2 },
      { done: 5, total: 7, calls: 5, reported: 5 },
    ]) {
      expect(bench.beats).toContainEqual(expect.objectContaining(told));
    }
  });
});

// Locks where the skills of a run come from, and that a wrong file or too few skills end it with what to do.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readArtifact } from '../../activities/artifacts/read-artifact.ts';
import type { RowSkills } from '../../domain/skillmix/extraction.ts';
import type { Skill } from '../../domain/skillmix/inventory.ts';
import { failureFrom } from '../support/activity-bench.ts';
import { startSkillmixBench, type SkillmixBench } from '../support/skillmix-bench.ts';

let bench: SkillmixBench;

const SENSES = [/plan|arrang|schedul/, /bak|cook/, /fix/];

/** Groups the labels of a prompt by what they mean, each under its first label. */
function groupBySense(prompt: string): string {
  const labels = /:\n\n([a-z_\n]+)\n\n/.exec(prompt)?.[1]?.split('\n') ?? [];
  return SENSES.map((sense) => labels.filter((label) => sense.test(label)).toSorted())
    .filter(([first]) => first !== undefined)
    .map((group) => `${group[0]}: ${group.join(', ')}`)
    .join('\n');
}

beforeEach(async () => {
  bench = await startSkillmixBench();
});
afterEach(() => bench.close());

describe('the inventory', () => {
  it('is made from the rows of a data set, with the skills of each row', async () => {
    const data = join(bench.folder, 'data.jsonl');
    const rows = ['Plan my week.', 'Mend my bike.'].map((content, index) => ({
      promptId: `p${index}`,
      messages: [{ role: 'user', content }],
    }));
    await writeFile(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const { queryTypes } = bench.files;
    const built = await bench.open({ inventory: { source: 'labelled', data, queryTypes } });
    // Two rows of two labels, of which one is grouped: three calls.
    expect(built).toMatchObject({ skills: 2, queryTypes: 3, counts: { calls: 3 } });
    const skills = await readArtifact<Skill>(bench.store, 'test/skillmix/inventory');
    expect(skills.rows.map(({ name, count, source }) => [name, count, source])).toEqual([
      ['weighing_trade_offs', 2, 'labelled'],
      ['estimating_effort', 2, 'labelled'],
    ]);
    const mapped = await readArtifact<RowSkills>(bench.store, 'test/skillmix/row-skills');
    expect(mapped.rows.map(({ rowId, labels, skills }) => [rowId, labels, skills])).toEqual(
      ['p0', 'p1'].map((id) => [
        id,
        ['weighing_options', 'estimating_effort'],
        ['weighing_trade_offs', 'estimating_effort'],
      ]),
    );
    await bench.open({ inventory: { source: 'labelled', data, queryTypes } });
    expect(bench.bodies()).toHaveLength(3);
  });

  it('groups labels round by round until nothing is joined, and pays for no round twice', async () => {
    const data = join(bench.folder, 'data.jsonl');
    const rows = ['Plan my week.', 'Feed my guests.'].map((content, index) => ({
      promptId: `p${index}`,
      messages: [{ role: 'user', content }],
    }));
    await writeFile(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    let isBroken = true;
    bench.instead = (turn, times, prompt) => {
      if (turn === 'label') {
        return prompt.includes('Plan my week.')
          ? 'planning_ahead\narranging_days\nfixing_bikes'
          : 'scheduling_work\nbaking_cakes\ncooking_meals';
      }
      if (turn === 'group' && times === 2 && isBroken) return { status: 503, body: '' };
      return turn === 'group' ? groupBySense(prompt) : undefined;
    };
    const { queryTypes } = bench.files;
    const inventory = { source: 'labelled', data, queryTypes, groupLabels: 4, groupRounds: 5 } as const;
    expect(await failureFrom(bench.open({ inventory }))).toMatchObject({ type: 'model-server/unavailable' });
    isBroken = false;
    const built = await bench.open({ inventory });
    // Two rows, two parts of the first round and one in each of two more; one call had no answer.
    expect(built).toMatchObject({ skills: 3, counts: { calls: 6 } });
    expect(bench.bodies()).toHaveLength(7);
    const skills = await readArtifact<Skill>(bench.store, 'test/skillmix/inventory');
    expect(skills.rows.map(({ name, count }) => [name, count])).toEqual([
      ['arranging_days', 3],
      ['baking_cakes', 2],
      ['fixing_bikes', 1],
    ]);
    // Six labels in alphabetical parts of four and two; then the four groups, which fit one part; then the three.
    expect(skills.manifest.summary['groupRounds']).toEqual([
      { names: 6, parts: 2, unread: 0, groups: 4 },
      { names: 4, parts: 1, unread: 0, groups: 3 },
      { names: 3, parts: 1, unread: 0, groups: 3 },
    ]);
    const mapped = await readArtifact<RowSkills>(bench.store, 'test/skillmix/row-skills');
    const skillsOf = new Map(mapped.rows.map(({ rowId, labels, skills }) => [rowId, { labels, skills }]));
    expect(skillsOf.get('p0')).toEqual({
      labels: ['planning_ahead', 'arranging_days', 'fixing_bikes'],
      skills: ['arranging_days', 'fixing_bikes'],
    });
    expect(skillsOf.get('p1')).toEqual({
      labels: ['scheduling_work', 'baking_cakes', 'cooking_meals'],
      skills: ['arranging_days', 'baking_cakes'],
    });
  });

  it('is not stable where a part could not be read, or rounds ran out', async () => {
    const data = join(bench.folder, 'data.jsonl');
    await writeFile(
      data,
      `${JSON.stringify({ promptId: 'p', messages: [{ role: 'user', content: 'Mend my bike.' }] })}\n`,
    );
    bench.instead = (turn) => (turn === 'group' ? 'I would rather not.' : undefined);
    const { queryTypes } = bench.files;
    const inventory = { source: 'labelled', data, queryTypes, groupRounds: 2, attempts: 1 } as const;
    await bench.open({ inventory });
    const { manifest } = await readArtifact<Skill>(bench.store, 'test/skillmix/inventory');
    const unread = { names: 2, parts: 1, unread: 1, groups: 2 };
    expect(manifest.summary['groupRounds']).toEqual([unread, unread]);
    // A label, and two rounds with a seed of their own.
    expect(new Set(bench.bodies().map(({ seed }) => seed)).size).toBe(3);
  });

  it('asks for names as JSON where the config says so, and holds the teacher to as many as it asks for', async () => {
    const data = join(bench.folder, 'data.jsonl');
    await writeFile(
      data,
      `${JSON.stringify({ promptId: 'p', messages: [{ role: 'user', content: 'Mend my bike.' }] })}\n`,
    );
    const { queryTypes } = bench.files;
    bench.instead = (turn) => (turn === 'label' ? '{"names": ["weighing options", "estimating effort"]}' : undefined);
    const inventory = {
      source: 'labelled',
      data,
      queryTypes,
      output: 'json',
      skillsPerRow: 2,
      groupLabels: 0,
    } as const;
    expect(await bench.open({ inventory })).toMatchObject({ skills: 2 });
    expect(bench.bodies()[0]).toMatchObject({
      messages: [{ content: expect.stringContaining('Give them as JSON: {"names": [...]}, with 2 names in it.') }],
      structured_outputs: { json: { properties: { names: { minItems: 2, maxItems: 2 } } } },
    });
  });

  it('is taken over from another run, which makes held-out rows of other combinations possible', async () => {
    await bench.open();
    bench.runName = 'other';
    expect(await bench.open({ inventory: { source: 'run', run: 'test' } })).toMatchObject({ skills: 6, queryTypes: 3 });
    bench.runName = 'third';
    expect(await failureFrom(bench.open({ inventory: { source: 'run', run: 'nobody' } }))).toMatchObject({
      type: 'config/unusable',
      message: expect.stringContaining('inventory.run names run "nobody"'),
    });
  });

  it.each([
    [{ part: 'held-out', heldOutShare: 0.3 }, { heldOutShare: 0.2 }],
    [
      { part: 'train', heldOutShare: 0.1 },
      { part: 'held-out', heldOutShare: 0.2 },
    ],
  ] as const)(
    'of another run is refused for %j where that has %j: held-out rows would be trained on',
    async (draw, other) => {
      await bench.open({ draw: other });
      bench.runName = 'other';
      expect(await failureFrom(bench.open({ draw, inventory: { source: 'run', run: 'test' } }))).toMatchObject({
        type: 'config/unusable',
        message: expect.stringContaining(`draw.heldOutShare is ${draw.heldOutShare} here and 0.2 in run "test"`),
      });
      const same = { ...draw, heldOutShare: 0.2 };
      expect(await bench.open({ draw: same, inventory: { source: 'run', run: 'test' } })).toMatchObject({ skills: 6 });
    },
  );

  it('of too few skills ends the run with what was dropped and what to do', async () => {
    await writeFile(bench.files.skills, 'planning_ahead\nplanning ahead\nPlanning-Ahead\n');
    expect(await failureFrom(bench.open())).toMatchObject({
      type: 'data/too-few-skills',
      nonRetryable: true,
      message:
        'The inventory has 1 skill(s) and draw.skills asks for 2 different ones in a row: 3 were named; 0 are no names, 0 are topics, 2 repeat another, 0 were merged. Add skills to the file, and choose another --name.',
    });
  });

  it.each([
    ['a missing file', 'skills', null, 'data/unreadable', 'check inventory.skills'],
    ['no line', 'skills', '\n', 'data/invalid-row', 'has no skills'],
    ['a sentence', 'skills', 'good\n1 2 3\n', 'data/invalid-row', 'skills.txt:2 is no name of a skill'],
    ['no type', 'queryTypes', 'some text\n', 'data/invalid-row', 'types.md has no query types'],
    [
      'a bare type',
      'queryTypes',
      '1. **A**: a.\n   - "b"\n2. **C**: c.\n',
      'data/invalid-row',
      'types.md:3: the query type "C" lacks examples',
    ],
  ] as const)('of files with %s is refused before anything is paid', async (_name, file, text, type, message) => {
    if (text === null) await rm(bench.files[file]);
    else await writeFile(bench.files[file], text);
    expect(await failureFrom(bench.open())).toMatchObject({ type, message: expect.stringContaining(message) });
    expect(bench.bodies()).toHaveLength(0);
  });
});

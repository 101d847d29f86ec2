// Locks which queries are left out before anything more is paid for, and why: copies of all earlier batches too.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { synthesisShardName } from '../../domain/artifact-names.ts';
import { inActivity } from '../support/activity-bench.ts';
import { startMagpieBench, type MagpieBench } from '../support/magpie-bench.ts';
import { makeSynthesisRow } from '../support/make-synthesis-rows.ts';

let bench: MagpieBench;
beforeEach(async () => {
  bench = await startMagpieBench();
});
afterEach(() => bench.close());

describe('screening queries', () => {
  it('drops each bad query under its reason, and a copy of an earlier batch too', async () => {
    await bench.open();
    for (const batch of [0, 1]) await bench.sample(batch);
    await bench.screen(0);
    await bench.screen(1);
    const reasons = async (batch: number) => {
      const counts: Record<string, number> = {};
      for (const { dropped } of await bench.rowsOf('screened', batch)) {
        const name = dropped === undefined ? 'left' : `${dropped.by}: ${dropped.reason}`;
        counts[name] = (counts[name] ?? 0) + 1;
      }
      return counts;
    };
    const bad = {
      'queries: length': 2,
      'screening: empty': 2,
      'screening: dangling': 2,
      'screening: absent-content': 2,
      'screening: role-confusion': 2,
    };
    expect(await reasons(0)).toEqual({ ...bad, 'screening: duplicate': 1, left: 21 });
    expect(await reasons(1)).toEqual({ ...bad, 'screening: duplicate': 2, left: 20 });
  });

  it('finds the same copies on a worker that has seen nothing yet', async () => {
    await bench.open();
    for (const batch of [0, 1]) await bench.sample(batch);
    await bench.screen(0);
    await bench.restartWorker();
    await bench.screen(1);
    const rows = await bench.rowsOf('screened', 1);
    expect(rows.filter(({ dropped }) => dropped?.reason === 'duplicate')).toHaveLength(2);
  });

  it('knows all earlier batches when two attempts at one are at work at once', async () => {
    await bench.open();
    const asked = ['What is a river?', 'What is a lake?', 'What is a lake?', 'What is a pond?', 'What is a pond?'];
    for (const [batch, content] of asked.entries()) {
      await bench.store.write({
        name: synthesisShardName('test', 'queries', batch),
        schema: 'synthesis-row',
        step: 'sample-queries',
        parents: [],
        configHash: bench.run.configHash,
        policy: null,
        shards: [[makeSynthesisRow(batch, { messages: [{ role: 'user', content }] })]],
        summary: {},
      });
    }
    const worker = bench.activities();
    const screenOn = (batch: number) => inActivity(() => worker.screenQueries({ run: bench.run, batch }));
    await Promise.all([screenOn(2), screenOn(2)]);
    await Promise.all([screenOn(4), screenOn(4)]);
    expect((await bench.rowsOf('screened', 2))[0]?.dropped?.reason).toBe('duplicate');
    expect((await bench.rowsOf('screened', 4))[0]?.dropped?.reason).toBe('duplicate');
  });

  it('cuts at the line of a role, and keeps what was drawn beside it', async () => {
    bench.writes = (_prompt, seed) => `What is word${seed} good for?\nassistant\nIt is good.`;
    await bench.open();
    await bench.sample(0);
    await bench.screen(0);
    const [row] = await bench.rowsOf('screened', 0);
    expect(row?.messages[0]?.content).toMatch(/^What is word\d+ good for\?$/);
    expect(row?.origin).toMatchObject({ rawQuery: expect.stringContaining('\nassistant\nIt is good.') as unknown });
  });
});

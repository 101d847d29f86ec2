// Locks the report of a run of many batches, which is read batch by batch: its numbers are those of all rows together.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RunServices } from '../../activities/run-services.ts';
import { readMagpieReport } from '../../activities/runs/reports/magpie-report.ts';
import { readReportFrame } from '../../activities/runs/reports/report-frame.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import { createLocalLedgerStore } from '../../clients/local-call-ledger.ts';
import { synthesisShardName, type SynthesisStage } from '../../domain/artifact-names.ts';
import type { JsonValue } from '../../domain/canonical-json.ts';
import { spreadEvenly } from '../../domain/report/spread-evenly.ts';
import type { DroppedRow, SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { makeMagpieConfig } from '../support/magpie-world.ts';
import { makeSynthesisRow } from '../support/make-synthesis-rows.ts';

const BATCHES = 7;
const ROWS = 5;
/** It left nothing: its calls failed for good. */
const GAP = 3;
const LOOPS: DroppedRow = { by: 'reply-loops', reason: 'loops' };
const LENGTH: DroppedRow = { by: 'queries', reason: 'length' };

let folder: string;
const run = () => ({ runName: 'many', storeRoot: folder, configHash: '0'.repeat(64) });
const store = () => createLocalArtifactStore({ root: folder });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-magpie-report-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function write(
  stage: SynthesisStage,
  batch: number,
  rows: readonly SynthesisRow[],
  summary: Readonly<Record<string, JsonValue>> = {},
) {
  return store().write({
    name: synthesisShardName('many', stage, batch),
    schema: 'synthesis-row',
    step: stage,
    parents: [],
    configHash: run().configHash,
    policy: null,
    shards: [rows],
    summary,
  });
}

/** Of each batch the first row is cut, the second loops, and the others are kept; the last batch came no further than its queries. */
async function writeRun(): Promise<readonly SynthesisRow[]> {
  const kept: SynthesisRow[] = [];
  for (let batch = 0; batch < BATCHES; batch += 1) {
    if (batch === GAP) continue;
    const drawn = Array.from({ length: ROWS }, (_, index) => {
      const row = makeSynthesisRow(batch * ROWS + index, {
        messages: [
          { role: 'user', content: index === 4 ? 'The Nile is long.' : `What is number ${batch}${index}?` },
          { role: 'assistant', content: 'x'.repeat(batch * ROWS + index + 1) },
        ],
      });
      return index === 0 ? { ...row, dropped: LENGTH } : row;
    });
    await write('queries', batch, drawn);
    if (batch === BATCHES - 1) continue;
    const last = drawn.map((row, index) => (index === 1 ? { ...row, dropped: LOOPS } : row));
    await write('answered', batch, drawn, { replies: 4, cutReplies: 1, replyTokens: 40 });
    await write('kept', batch, last);
    kept.push(...last.filter(({ dropped }) => dropped === undefined));
  }
  return kept;
}

async function readReport() {
  const services = { store: store(), ledgers: createLocalLedgerStore({ root: folder }) };
  const config = makeMagpieConfig('http://127.0.0.1:1', folder);
  const all = { ...services, config } as unknown as RunServices;
  const status = { status: 'done', statusReason: null, startedAtMs: 0 } as const;
  return readMagpieReport(all, config, await readReportFrame(all, { run: run(), ...status }));
}

it('adds up all batches, those behind a gap too, and shows rows from all over the run', async () => {
  const kept = await writeRun();
  const report = await readReport();
  expect(report.batches).toBe(6);
  expect(report.funnel).toEqual([
    { stage: 'queries', entered: 30, left: 24, drops: [{ ...LENGTH, rows: 6 }] },
    { stage: 'answered', entered: 20, left: 20, drops: [] },
    { stage: 'kept', entered: 20, left: 15, drops: [{ ...LOOPS, rows: 5 }] },
  ]);
  expect(report.all).toMatchObject({ name: 'all', drawn: 30, cut: 6, ended: 24, voiced: 18, kept: 15 });
  expect(report.cells).toEqual([{ ...report.all, name: 'temperature 1, top-p 1' }]);
  // Of 24 draws with a chance of 3 in 4, 14 or fewer are yes in 5.5 % of all cases and 13 or fewer in 2.1 %, 22 or fewer in 99.1 % and 21 or fewer in 96.0 %.
  expect(report.voiced).toEqual({ mean: 0.75, low: 14 / 24, high: 22 / 24, n: 24 });
  const lengths = kept.map(({ messages }) => messages[1]?.content.length ?? 0).toSorted((a, b) => a - b);
  expect(report.replyChars).toEqual({ min: lengths[0], median: lengths[7], max: lengths[14] });
  expect(report).toMatchObject({ replies: 20, cutReplies: 5, preQuery: null, rows: null });
  expect(report.samples).toEqual(spreadEvenly(kept, 10));
  expect(report.droppedSamples.map(({ rowId, dropped }) => [rowId, dropped])).toEqual([
    ['row-0', LENGTH],
    ['row-1', LOOPS],
  ]);
});

it('tells of a run that has made nothing', async () => {
  expect(await readReport()).toMatchObject({
    batches: 0,
    funnel: [],
    all: { name: 'all', drawn: 0 },
    cells: [],
    voiced: null,
    queryChars: null,
    samples: [],
    droppedSamples: [],
    artifacts: [],
    moreArtifacts: [],
  });
});

// Locks that an export is whole or not there, and that nothing but an earlier export is ever replaced by one.
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureFrom } from '../support/activity-bench.ts';
import { startExportBench, type ExportBench } from '../support/export-bench.ts';
import { makeSynthesisRow, writeDataset } from '../support/make-synthesis-rows.ts';

let bench: ExportBench;
beforeEach(async () => {
  bench = await startExportBench();
});
afterEach(() => bench.close());

describe('the folder of an export', () => {
  beforeEach(() => writeDataset(bench.store, 'made', [makeSynthesisRow(0), makeSynthesisRow(1)]));

  it('stands when the same is exported again, and is an empty one if that is there', async () => {
    await mkdir(join(bench.folder, 'hub'));
    const first = await bench.exportTo('hub');
    expect(await bench.exportTo('hub')).toEqual(first);
    expect(await bench.names()).toEqual(['hub', 'store']);
  });

  it('is not touched when it has other files', async () => {
    await mkdir(join(bench.folder, 'hub'));
    await writeFile(join(bench.folder, 'hub', 'README.md'), 'mine');
    const failure = await failureFrom(bench.exportTo('hub'));
    expect(failure).toMatchObject({ type: 'artifact/conflict', nonRetryable: true });
    expect(failure.message).toBe(
      `${join(bench.folder, 'hub')} has other files already: export to a new folder, or replace an earlier export with --force.`,
    );
    expect(await bench.names('hub')).toEqual(['README.md']);
    expect(await bench.names()).toEqual(['hub', 'store']);
  });

  it('is replaced as a whole when that is asked for', async () => {
    await bench.exportTo('out', { format: 'parquet' });
    await bench.exportTo('out', { format: 'jsonl', replace: true });
    expect(await bench.names('out')).toEqual(['README.md', 'lineage.json', 'train.jsonl']);
    expect(await bench.names()).toEqual(['out', 'store']);
  });

  it('is never replaced when it holds what no export writes', async () => {
    await mkdir(join(bench.folder, 'home'));
    await writeFile(join(bench.folder, 'home', 'thesis.tex'), 'years of work');
    await writeFile(join(bench.folder, 'home', 'README.md'), 'mine');
    const failure = await failureFrom(bench.exportTo('home', { replace: true }));
    expect(failure.message).toBe(
      `${join(bench.folder, 'home')} holds "thesis.tex" that no export writes: --force replaces earlier exports alone; export to a new folder.`,
    );
    expect(await bench.names('home')).toEqual(['README.md', 'thesis.tex']);
  });

  it.each([
    ['data/raw.csv', '"data/raw.csv" that no export writes'],
    ['preferences/data/train-00000-of-00001.parquet', '"preferences/data" that no export writes'],
    ['train.jsonl', 'no lineage.json, which every export has'],
  ])('is never replaced when it holds %s of a project with a README', async (name, held) => {
    const path = join(bench.folder, 'project', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'mine');
    await writeFile(join(bench.folder, 'project', 'README.md'), 'mine');
    const failure = await failureFrom(bench.exportTo('project', { replace: true }));
    expect(failure).toMatchObject({ type: 'artifact/conflict', nonRetryable: true });
    expect(failure.message).toBe(
      `${join(bench.folder, 'project')} holds ${held}: --force replaces earlier exports alone; export to a new folder.`,
    );
    expect(await readFile(path, 'utf8')).toBe('mine');
    expect(await bench.names()).toEqual(['project', 'store']);
  });

  it('is refused for its names alone, unread: a link out of it is not followed', async () => {
    await mkdir(join(bench.folder, 'hub'));
    await symlink(bench.folder, join(bench.folder, 'hub', 'data'));
    const failure = await failureFrom(bench.exportTo('hub'));
    expect(failure).toMatchObject({ type: 'artifact/conflict', nonRetryable: true });
    expect(failure.message).toContain('has other files already');
    const forced = await failureFrom(bench.exportTo('hub', { replace: true }));
    expect(forced.message).toContain('holds "data" that no export writes');
  });

  it('says where an export lies that was killed while it was replaced', async () => {
    const old = join(bench.folder, 'out.0a1b2c3d.tmp');
    await mkdir(old);
    await mkdir(join(bench.folder, 'out.mine.tmp'));
    expect((await bench.exportTo('out', { format: 'jsonl' })).leftBehind).toEqual([old]);
    expect((await bench.exportTo('out', { format: 'jsonl' })).leftBehind).toEqual([old]);
    expect(await bench.names()).toContain('out.0a1b2c3d.tmp');
  });

  it('can not be below a link that leads to itself, which is said', async () => {
    await symlink(join(bench.folder, 'loop'), join(bench.folder, 'loop'));
    const failure = await failureFrom(bench.exportTo('loop/hub'));
    expect(failure).toMatchObject({ type: 'artifact/unwritable', nonRetryable: true });
    expect(failure.message).toContain('(ELOOP)');
  });

  it('is followed through a link', async () => {
    await mkdir(join(bench.folder, 'real'));
    await symlink(join(bench.folder, 'real'), join(bench.folder, 'link'));
    expect((await bench.exportTo('link', { format: 'jsonl' })).folder).toBe(join(bench.folder, 'real'));
    expect(await bench.names('real')).toContain('train.jsonl');
  });

  it('can not be below a file, which is said', async () => {
    await writeFile(join(bench.folder, 'file'), '');
    const failure = await failureFrom(bench.exportTo('file/hub'));
    expect(failure).toMatchObject({ type: 'artifact/unwritable', nonRetryable: true });
    expect(failure.message).toContain(`The worker can't write ${join(bench.folder, 'file', 'hub')} (ENOTDIR)`);
  });

  it('has nothing of an export that failed on its way', async () => {
    await mkdir(join(bench.folder, 'hub', 'data'), { recursive: true });
    await bench.put('made/preferences', [{ prompt: 'text' }, { prompt: ['list'] }]);
    const failure = await failureFrom(bench.exportTo('hub'));
    expect(failure).toMatchObject({ type: 'data/invalid-row', nonRetryable: true });
    expect(await bench.names('hub')).toEqual(['data']);
    expect(await bench.names()).toEqual(['hub', 'store']);
  });
});

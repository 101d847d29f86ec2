// Locks that a process which dies while it exports leaves a whole folder or none, and that the next export is not in its way.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeExport } from '../../clients/export-folder.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-export-folder-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('never leaves files of two exports, or some of one, when it is killed', { timeout: 120_000 }, async () => {
  const target = join(folder, 'out');
  const script = join(import.meta.dirname, '..', 'support', 'endless-exporter.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, target], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const version of createInterface({ input: child.stdout })) {
    if (version === '20') child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');

  // Between two renames there is none; whatever is there is whole.
  const isThere = (await readdir(folder)).includes('out');
  const parts = isThere ? await readdir(join(target, 'data')) : [];
  const versions = new Set(
    await Promise.all(parts.map(async (name) => (await readFile(join(target, 'data', name), 'utf8')).split('\n')[0])),
  );
  expect([parts.length, versions.size]).toEqual(isThere ? [12, 1] : [0, 0]);

  await writeExport(target, [{ name: 'train.jsonl', content: '{}\n' }], { replace: true });
  expect(await readdir(target)).toEqual(['train.jsonl']);
});

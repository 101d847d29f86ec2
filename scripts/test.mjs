// The gate: set-up, static checks, the trainer's tests, then every test layer. Ends with `N passed, N failed, N skipped`.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const python = process.env.TICKLOOP_PYTHON_ENV || join(root, '.tickloop', 'python', 'bin', 'python');
const model = process.env.TICKLOOP_MODEL_PATH || join(root, '.tickloop', 'models', 'smollm2-135m-instruct');

/** @type {[name: string, command: string, args: string[], folder?: string][]} */
const steps = [
  ['set-up', process.execPath, ['scripts/setup.mjs']],
  ['format', 'npx', ['--no-install', 'oxfmt', '--check', '.']],
  ['lint', 'npx', ['--no-install', 'oxlint', '--type-aware', '--deny-warnings']],
  ['types', 'npx', ['--no-install', 'tsc', '-p', '.']],
  ['unused', 'npx', ['--no-install', 'knip']],
  ['trainer: lint', python, ['-m', 'ruff', 'check', 'trainer', 'scripts']],
  ['trainer: format', python, ['-m', 'ruff', 'format', '--check', 'trainer', 'scripts']],
  ['trainer: types', python, ['-m', 'mypy', '.'], 'trainer'],
  ['trainer: tests', python, ['-m', 'pytest', '-q'], 'trainer'],
  ['tests', 'npx', ['--no-install', 'vitest', 'run']],
];

for (const [name, command, args, folder = '.'] of steps) {
  const began = performance.now();
  console.log(`== ${name}`);
  const { status, error } = spawnSync(command, args, {
    cwd: join(root, folder),
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...(existsSync(model) ? { TICKLOOP_MODEL_PATH: model } : {}) },
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  if (status !== 0) {
    console.error(`== ${name} failed after ${seconds} s${error ? `: ${error.message}` : ''}`);
    if (name !== 'tests') console.log('0 passed, 1 failed, 0 skipped');
    process.exit(status ?? 1);
  }
  if (name !== 'tests') console.log(`== ${name} done in ${seconds} s`);
}

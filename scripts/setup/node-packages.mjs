import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './run-command.mjs';
import { SetupError } from './setup-error.mjs';
import { hashFile, hasStamp, removeStamp, writeStamp } from './stamp.mjs';

const readPackages = (path) => JSON.parse(readFileSync(path, 'utf8')).packages ?? {};

// npm writes its own lock file into node_modules last: what it lists is installed.
function isInstalled(lockPath, installedPath) {
  if (!existsSync(installedPath)) return false;
  const installed = readPackages(installedPath);
  return Object.entries(readPackages(lockPath)).every(
    ([path, entry]) => path === '' || entry.optional === true || installed[path]?.version === entry.version,
  );
}

/** Step `packages`: `npm ci`, when node_modules is missing or package-lock.json has changed. */
export async function installNodePackages({ root, report }) {
  const lockPath = join(root, 'package-lock.json');
  const installedPath = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(lockPath))
    throw new SetupError(`${lockPath} is missing: restore it from the repository, then run this again.`);
  const hash = hashFile(lockPath);
  if (hasStamp(root, 'node-packages', hash) && existsSync(installedPath)) return 'Node packages are installed';
  if (isInstalled(lockPath, installedPath)) {
    writeStamp(root, 'node-packages', hash);
    return 'Node packages are installed';
  }
  removeStamp(root, 'node-packages');
  report('installing Node packages with npm ci');
  const logPath = join(root, '.tickloop', 'logs', 'npm.log');
  const { exitCode, lastLines } = await runCommand('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, logPath });
  if (exitCode !== 0) {
    throw new SetupError(
      `npm ci failed (exit ${exitCode}): read ${logPath}, then run this again. Its last lines:\n${lastLines.join('\n')}`,
    );
  }
  writeStamp(root, 'node-packages', hash);
  return 'Node packages installed';
}

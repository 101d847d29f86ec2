import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './setup-error.mjs';

const isRunning = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/** Keeps two set-ups out of one checkout; a lock whose process is gone is taken over. Returns the release function. */
export function takeLock(root) {
  const folder = join(root, '.tickloop');
  const path = join(folder, 'setup.lock');
  mkdirSync(folder, { recursive: true });
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const owner = Number(readFileSync(path, 'utf8'));
      if (owner > 0 && owner !== process.pid && isRunning(owner)) {
        throw new SetupError(
          `Another set-up (pid ${owner}) is at work here: wait for it, or stop it and run this again.`,
        );
      }
      rmSync(path, { force: true });
    }
  }
}

import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

const children = new Set();

/** Passes an interrupt on, so that no pip or npm outlives the set-up. */
export function killChildren(signal) {
  for (const child of children) child.kill(signal);
}

/**
 * Runs a command with its whole output in a log file, or only collected when there is no log.
 * Resolves to the exit code (-1: could not be started) and the last lines.
 */
export function runCommand(command, args, { cwd, env, logPath, onLine } = {}) {
  const lastLines = [];
  const lines = [];
  let log;
  if (logPath !== undefined) {
    mkdirSync(dirname(logPath), { recursive: true });
    log = createWriteStream(logPath, { flags: 'a' });
    // A full disk fails the command itself too; its exit code tells.
    log.on('error', () => {});
    log.write(`$ ${[command, ...args].join(' ')}\n`);
  }
  const child = spawn(command, args, {
    cwd,
    env: env === undefined ? process.env : { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      log?.write(`${line}\n`);
      if (log === undefined) lines.push(line);
      if (line.trim() !== '') lastLines.push(line);
      if (lastLines.length > 6) lastLines.shift();
      onLine?.(line);
    });
  }
  return new Promise((resolve) => {
    const finish = (exitCode) => {
      children.delete(child);
      log?.end();
      resolve({ exitCode, lines, lastLines });
    };
    child.on('error', (error) => {
      lastLines.push(error.message);
      finish(-1);
    });
    child.on('close', (code, signal) => finish(signal === null ? code : 1));
  });
}

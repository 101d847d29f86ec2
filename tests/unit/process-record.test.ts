import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isPortOpen } from '../../stack/port-owner.ts';
import {
  isAlive,
  isGroupAlive,
  readProcessRecord,
  readStartTime,
  removeProcessRecord,
  writeProcessRecord,
  type ProcessRecord,
} from '../../stack/process-record.ts';
import { stopProcess } from '../../stack/stop-process.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tickloop-record-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const recordOf = (pid: number): ProcessRecord => ({
  pid,
  startTime: readStartTime(pid) ?? 'none',
  command: ['node'],
  port: 4000,
  address: 'here',
});

const startProcess = (script: string): ProcessRecord =>
  recordOf(spawn(process.execPath, ['-e', script], { detached: true, stdio: 'ignore' }).pid ?? 0);

describe('process record', () => {
  it('comes back as it was written, and is gone once removed', () => {
    const record: ProcessRecord = { pid: 42, startTime: 'b:1', command: ['a', 'b'], port: null, address: 'x:1' };
    writeProcessRecord(folder, 'worker', record);
    expect(readProcessRecord(folder, 'worker')).toEqual(record);
    removeProcessRecord(folder, 'worker');
    expect(readProcessRecord(folder, 'worker')).toBeUndefined();
  });

  it('reads a torn or senseless file as no record', () => {
    for (const text of ['', '{"pid":', '{"pid":1,"startTime":"b:1"}', '{"pid":-5,"startTime":"b:1"}']) {
      writeFileSync(join(folder, 'worker.json'), text);
      expect(readProcessRecord(folder, 'worker')).toBeUndefined();
    }
  });

  it('is alive while its process runs, and not after it was stopped', async () => {
    const record = startProcess('setInterval(() => {}, 1000)');
    expect(isAlive(record)).toBe(true);
    expect(await stopProcess(record, { graceMs: 5000 })).toBe('stopped');
    expect(isAlive(record)).toBe(false);
    expect(await stopProcess(record, { graceMs: 5000 })).toBe('not-running');
  });

  it('is alive until its port is closed, which is later than its first thread ends', async () => {
    const server = `require('node:http').createServer().listen(0, '127.0.0.1', function () { process.send(this.address().port); })`;
    for (let time = 0; time < 10; time += 1) {
      const child = spawn(process.execPath, ['-e', server], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
      const [port] = (await once(child, 'message')) as [number];
      const record = recordOf(child.pid ?? 0);
      child.kill('SIGKILL');
      // Not a wait: it asks as often as it can, so that it meets the moment between the two.
      while (isAlive(record));
      expect(await isPortOpen({ host: '127.0.0.1', port })).toBe(false);
    }
  }, 20_000);

  it('never takes a recycled pid for its process', async () => {
    const record = startProcess('setInterval(() => {}, 1000)');
    const recycled = { ...record, startTime: `${record.startTime}0` };
    expect(isAlive(recycled)).toBe(false);
    expect(await stopProcess(recycled, { graceMs: 1000 })).toBe('not-running');
    expect(isAlive(record)).toBe(true);
    await stopProcess(record, { graceMs: 5000 });
  });

  it('kills a process that ignores the request to end', async () => {
    const ready = join(folder, 'ready');
    const record = startProcess(
      `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); require('node:fs').writeFileSync(${JSON.stringify(ready)}, '')`,
    );
    await expect.poll(() => existsSync(ready), { timeout: 10_000 }).toBe(true);
    expect(await stopProcess(record, { graceMs: 300 })).toBe('killed');
    expect(isGroupAlive(record)).toBe(false);
  }, 20_000);

  it('stops the children that a killed leader left behind', async () => {
    const ready = join(folder, 'ready');
    const child = `require('node:fs').writeFileSync(${JSON.stringify(ready)}, ''); setInterval(() => {}, 1000)`;
    const record = startProcess(
      `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}]); setInterval(() => {}, 1000)`,
    );
    await expect.poll(() => existsSync(ready), { timeout: 10_000 }).toBe(true);
    process.kill(record.pid, 'SIGKILL');
    await expect.poll(() => isAlive(record), { timeout: 5000 }).toBe(false);
    expect(isGroupAlive(record)).toBe(true);
    expect(await stopProcess(record, { graceMs: 5000 })).toBe('stopped');
    expect(isGroupAlive(record)).toBe(false);
  }, 20_000);
});

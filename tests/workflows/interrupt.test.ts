// Locks that Ctrl-C on a watched run lets go of the terminal and of nothing else, and says how to watch the run again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { startScriptedModelServer, type ScriptedModelServer } from '../support/scripted-model-server.ts';
import { startTemporalServer } from '../support/temporal-server.ts';

const COMMAND = fileURLToPath(new URL('../../cli/tickloop.mjs', import.meta.url));

let temporal: TestWorkflowEnvironment;
let server: ScriptedModelServer;
let folder: string;

beforeAll(async () => {
  temporal = await startTemporalServer();
  server = await startScriptedModelServer({ deterministic: { answer: () => 'words', model: 'scripted' } });
  folder = await mkdtemp(join(tmpdir(), 'tickloop-interrupt-'));
});
afterAll(async () => {
  await temporal.teardown();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

it('lets go of the terminal at Ctrl-C, and the run goes on', async () => {
  const configPath = join(folder, 'held.yaml');
  const config = {
    loop: 'refine',
    data: { prompts: join(folder, 'prompts.jsonl') },
    policy: { baseUrl: server.baseUrl, model: 'scripted' },
    judge: { baseUrl: server.baseUrl, model: 'scripted' },
    store: { root: join(folder, 'store') },
    temporal: { address: temporal.address, taskQueue: 'nobody-polls' },
  };
  await writeFile(configPath, stringify(config));
  const child = spawn(process.execPath, [COMMAND, 'run', configPath, '--no-worker'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TEMPORAL_ADDRESS: '', TICKLOOP_VLLM_URL: '' },
  });
  let [said, wrong] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (text: string) => (wrong += text));
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('Ctrl-C')) resolve();
    });
    child.on('close', () => reject(new Error(`it ended before it watched anything: ${said}${wrong}`)));
  });
  expect(said).toContain('Run held starts.');
  expect(said).toContain('Ctrl-C lets go of the terminal: the run goes on.');
  const closed = once(child, 'close') as Promise<[number | null]>;
  child.kill('SIGINT');
  const [code] = await closed;
  expect([code, wrong]).toEqual([130, '']);
  expect(said).toMatch(
    /Run held goes on in the background\. `tickloop watch held` or the same command shows it again; `tickloop pause held` or `tickloop stop held` holds or ends it; `tickloop down` stops the local servers, and the run then waits\.\n$/,
  );
  const { status } = await temporal.client.workflow.getHandle('run/held').describe();
  expect(status.name).toBe('RUNNING');
  await temporal.client.workflow.getHandle('run/held').terminate();
});

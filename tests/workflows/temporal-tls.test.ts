// Locks that commands and workers reach a Temporal server that asks for certificates on both sides, and say what is wrong.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { generate } from 'selfsigned';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { runTickloop } from '../support/run-tickloop.ts';
import { startTemporalServer } from '../support/temporal-server.ts';
import { startTlsProxy } from '../support/tls-proxy.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const SERVER_NAME = 'temporal.lab';

let temporal: TestWorkflowEnvironment;
let folder: string;
let proxy: Awaited<ReturnType<typeof startTlsProxy>>;
let worker: WorkerProcess | undefined;

async function makeCertificates(where: string) {
  const options = { keyType: 'ec', algorithm: 'sha256' } as const;
  const authority = await generate([{ name: 'commonName', value: 'lab authority' }], {
    ...options,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, digitalSignature: true, critical: true },
    ],
  });
  const issue = (name: string) =>
    generate([{ name: 'commonName', value: name }], {
      ...options,
      ca: { key: authority.private, cert: authority.cert },
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
    });
  const [server, client] = [await issue(SERVER_NAME), await issue('worker.lab')];
  await writeFile(join(where, 'authority.pem'), authority.cert);
  await writeFile(join(where, 'client.pem'), client.cert);
  await writeFile(join(where, 'client-key.pem'), client.private);
  return { key: server.private, cert: server.cert, ca: authority.cert };
}

beforeAll(async () => {
  temporal = await startTemporalServer();
  folder = await mkdtemp(join(tmpdir(), 'tickloop-tls-'));
  const [host, port] = temporal.address.split(':') as [string, string];
  const certificates = await makeCertificates(folder);
  proxy = await startTlsProxy({ host, port: Number(port) }, { ...certificates, requestCert: true });
});
afterAll(async () => {
  await proxy.close();
  await temporal.teardown();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(() => {
  vi.stubEnv('TEMPORAL_TLS_SERVER_CA_CERT_PATH', join(folder, 'authority.pem'));
  vi.stubEnv('TEMPORAL_TLS_CLIENT_CERT_PATH', join(folder, 'client.pem'));
  vi.stubEnv('TEMPORAL_TLS_CLIENT_KEY_PATH', join(folder, 'client-key.pem'));
  vi.stubEnv('TEMPORAL_TLS_SERVER_NAME', SERVER_NAME);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await worker?.kill('SIGKILL');
  worker = undefined;
});

const list = () => runTickloop(['list', '--address', proxy.address]);

it('lets a command and a worker in with the certificate that the environment names', async () => {
  expect(await list()).toMatchObject({ code: 0, stderr: '' });
  worker = await startWorkerProcess(proxy.address, 'over-tls');
  const pollers = async (): Promise<number> => {
    const taskQueue = { name: 'over-tls-workflow' };
    const described = await temporal.connection.workflowService.describeTaskQueue({ namespace: 'default', taskQueue });
    return described.pollers?.length ?? 0;
  };
  // The server lists a poller a moment after it has come.
  await expect.poll(pollers, { timeout: 30_000, interval: 200 }).toBeGreaterThan(0);
});

it('says where the connection is told, when the certificate or the authority is missing', async () => {
  vi.stubEnv('TEMPORAL_TLS_CLIENT_CERT_PATH', '');
  vi.stubEnv('TEMPORAL_TLS_CLIENT_KEY_PATH', '');
  const stranger = await list();
  expect(stranger.code).not.toBe(0);
  expect(stranger.stderr).toContain(`No Temporal server answers at ${proxy.address}:`);
  expect(stranger.stderr).toContain('the variables TEMPORAL_TLS... say');
  vi.stubEnv('TEMPORAL_TLS_SERVER_CA_CERT_PATH', '');
  expect((await list()).code).not.toBe(0);
});

// Locks the order in which a server's weights are replaced, and what is in service when any step of it fails.
import { afterEach, describe, expect, it } from 'vitest';
import type { ModelServer } from '../../clients/model-server.ts';
import { createVllmServer } from '../../clients/vllm-server.ts';
import {
  startScriptedModelServer,
  type RecordedRequest,
  type ScriptedModelServer,
  type ScriptedReply,
} from '../support/scripted-model-server.ts';

const NEXT = { path: '/checkpoints/2', label: 'run-v2-bbbb#2' };
const PREVIOUS = { path: '/checkpoints/1', label: 'run-v1-aaaa#1' };

let server: ScriptedModelServer;
let client: ModelServer;

afterEach(async () => {
  await client.close();
  await server.close();
});

/** What a step of the sequence is, in a word. */
function stepOf({ path, body }: RecordedRequest): string {
  const { new_version: label, kwargs } = (body ?? {}) as {
    readonly new_version?: string;
    readonly kwargs?: { readonly weights_path: string };
  };
  return [path.slice(1), label ?? kwargs?.weights_path].filter((part) => part !== undefined).join(' ');
}

/** A server that answers every step well, but for what `fault` says of the step and how often it came before. */
async function start(fault: (step: string, before: number) => ScriptedReply | undefined = () => undefined) {
  const seen: string[] = [];
  let label = 'default';
  server = await startScriptedModelServer({
    intercept: (request) => {
      const step = stepOf(request);
      label = /^update_weight_version (.*)$/.exec(step)?.[1] ?? label;
      const before = seen.filter((earlier) => earlier === step).length;
      seen.push(step);
      if (step === 'weight_info') return fault(step, before) ?? { body: { weight_version: label } };
      return fault(step, before) ?? { body: step === 'reset_prefix_cache' ? { success: true } : {} };
    },
  });
  client = createVllmServer({ baseUrl: server.baseUrl, timeoutMs: 2000 });
  return seen;
}

const LOAD_NEXT = [
  'update_weight_version changing to run-v2-bbbb#2',
  'collective_rpc /checkpoints/2',
  'reset_prefix_cache',
  'weight_info',
  'update_weight_version run-v2-bbbb#2',
];
const LOAD_PREVIOUS = [
  'update_weight_version changing to run-v1-aaaa#1',
  'collective_rpc /checkpoints/1',
  'reset_prefix_cache',
  'weight_info',
  'update_weight_version run-v1-aaaa#1',
];
const PAUSE = 'pause?mode=wait&clear_cache=true';
const REFUSED: ScriptedReply = { status: 500, body: { error: { message: 'no such shard' } } };

describe('replacing the weights of a server', () => {
  it('waits for calls in the air, takes the old label away, loads, forgets, labels and goes on', async () => {
    const seen = await start();
    await client.weights.replace(NEXT, PREVIOUS);
    expect(seen).toEqual([PAUSE, ...LOAD_NEXT, 'resume']);
    expect(server.requests.find(({ path }) => path === '/collective_rpc')?.body).toEqual({
      method: 'reload_weights',
      kwargs: { weights_path: '/checkpoints/2' },
    });
  });

  it('touches nothing and goes on when the server would not pause', async () => {
    const seen = await start((step) => (step === PAUSE ? REFUSED : undefined));
    await expect(client.weights.replace(NEXT, PREVIOUS)).rejects.toMatchObject({ code: 'model-server/server-error' });
    expect(seen).toEqual([PAUSE, 'weight_info', 'resume']);
  });

  it('does not end the pause of another worker that is loading when it would not pause for this one', async () => {
    const seen = await start((step) => {
      if (step === PAUSE) return REFUSED;
      return step === 'weight_info' ? { body: { weight_version: `changing to ${PREVIOUS.label}` } } : undefined;
    });
    await expect(client.weights.replace(NEXT, PREVIOUS)).rejects.toMatchObject({ code: 'model-server/server-error' });
    expect(seen).toEqual([PAUSE, 'weight_info']);
  });

  it.each([
    ['another worker began to load', 'changing to other-v1-cccc#3'],
    ['another worker has loaded', 'other-v1-cccc#3'],
    ['the server was restarted', 'default'],
  ])('labels nothing and leaves the pause alone when %s meanwhile', async (_what, now) => {
    const seen = await start((step) => (step === 'weight_info' ? { body: { weight_version: now } } : undefined));
    const failing = client.weights.replace(NEXT, PREVIOUS);
    await expect(failing).rejects.toMatchObject({ code: 'adapter/not-loaded', retryable: true });
    await expect(failing).rejects.toThrow(`While "${NEXT.label}" was loaded, the server was told "${now}"`);
    expect(seen).toEqual([PAUSE, ...LOAD_NEXT.slice(0, 4)]);
  });

  it('says that another worker loads when it began while the previous weights were loaded again', async () => {
    const seen = await start((step) => {
      if (step === LOAD_NEXT[1]) return REFUSED;
      return step === 'weight_info' ? { body: { weight_version: 'changing to other-v1-cccc#3' } } : undefined;
    });
    await expect(client.weights.replace(NEXT, PREVIOUS)).rejects.toThrow(
      /Another worker has begun to load other weights there\.$/,
    );
    expect(seen).toEqual([PAUSE, ...LOAD_NEXT.slice(0, 2), ...LOAD_PREVIOUS.slice(0, 4)]);
  });

  it.each([
    ['the old label could not be taken away', 0, 'model-server/server-error'],
    ['the weights would not load', 1, 'adapter/load-refused'],
    ['the new label could not be set', 4, 'model-server/server-error'],
  ])('loads the previous weights again when %s', async (_what, at, code) => {
    const seen = await start((step) => (step === LOAD_NEXT[at] ? REFUSED : undefined));
    const failing = client.weights.replace(NEXT, PREVIOUS);
    await expect(failing).rejects.toMatchObject({ code });
    await expect(failing).rejects.toThrow(/"no such shard".* The previous weights are in service again\.$/);
    expect(seen).toEqual([PAUSE, ...LOAD_NEXT.slice(0, at + 1), ...LOAD_PREVIOUS, 'resume']);
  });

  it.each([502, 504])('blames the server, not the weights, when a proxy says %i', async (status) => {
    const seen = await start((step) => (step === LOAD_NEXT[1] ? { status, body: 'Bad Gateway' } : undefined));
    const failing = client.weights.replace(NEXT, PREVIOUS);
    await expect(failing).rejects.toMatchObject({ code: 'model-server/server-error', retryable: true });
    expect(seen).toEqual([PAUSE, ...LOAD_NEXT.slice(0, 2), ...LOAD_PREVIOUS, 'resume']);
  });

  it('asks again until the cache is let go of', async () => {
    const seen = await start((step, before) =>
      step === 'reset_prefix_cache' && before < 2 ? { body: { success: false } } : undefined,
    );
    await client.weights.replace(NEXT, null);
    expect(seen.filter((step) => step === 'reset_prefix_cache')).toHaveLength(3);
    expect(seen.at(-1)).toBe('resume');
  });

  it('leaves the server paused under no version when nothing can be loaded', async () => {
    const seen = await start((step) => (step.startsWith('collective_rpc') ? REFUSED : undefined));
    await expect(client.weights.replace(NEXT, PREVIOUS)).rejects.toThrow(
      /could not be loaded again either, and the server is left paused: restart it\./,
    );
    expect(seen).toEqual([PAUSE, ...LOAD_NEXT.slice(0, 2), ...LOAD_PREVIOUS.slice(0, 2)]);
  });

  it('says so when there is nothing to go back to', async () => {
    await start((step) => (step.startsWith('collective_rpc') ? REFUSED : undefined));
    await expect(client.weights.replace(NEXT, null)).rejects.toThrow(
      /without weights that anybody vouches for: restart it\.$/,
    );
  });

  it('leaves a server that died to the next attempt', async () => {
    await start((step) => (step.startsWith('collective_rpc') || step.includes('run-v1') ? 'reset' : undefined));
    const failing = client.weights.replace(NEXT, PREVIOUS);
    await expect(failing).rejects.toMatchObject({ code: 'model-server/unavailable', retryable: true });
    await expect(failing).rejects.toThrow(/Nobody answers there any more\.$/);
  });

  it('is right about the weights when only going on failed: a later look resumes', async () => {
    const seen = await start((step) => (step === 'resume' ? REFUSED : undefined));
    await expect(client.weights.replace(NEXT, PREVIOUS)).rejects.toMatchObject({ code: 'model-server/server-error' });
    expect(seen).toEqual([PAUSE, ...LOAD_NEXT, 'resume']);
  });

  it('is not broken off between pause and going on', async () => {
    const stop = new AbortController();
    const seen = await start((step) => {
      if (step.startsWith('collective_rpc')) stop.abort();
      return undefined;
    });
    await client.weights.replace(NEXT, PREVIOUS, stop.signal);
    expect(seen).toEqual([PAUSE, ...LOAD_NEXT, 'resume']);
  });

  it('says how to start a server that has no such endpoints', async () => {
    await start(() => ({ status: 404, body: { detail: 'Not Found' } }));
    const asking = client.weights.label();
    await expect(asking).rejects.toMatchObject({ code: 'adapter/dev-mode-off', retryable: false });
    await expect(asking).rejects.toThrow(/VLLM_SERVER_DEV_MODE=1 .* loopback .* tickloop up --dev-endpoints/);
  });

  it('reads the label and whether it is paused', async () => {
    await start((step) =>
      step === 'weight_info' ? { body: { weight_version: 'default' } } : { body: { is_paused: true } },
    );
    expect([await client.weights.label(), await client.weights.isPaused()]).toEqual(['default', true]);
  });

  it('takes no answer of another shape for a label', async () => {
    await start(() => ({ body: { version: 'x' } }));
    await expect(client.weights.label()).rejects.toMatchObject({ code: 'model-server/malformed-response' });
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { StackError } from '../domain/errors.ts';
import { isLoopback, parseAddress } from './address.ts';
import type { PartCommand } from './launch-part.ts';
import type { StackPaths } from './paths.ts';
import { isPortOpen } from './port-owner.ts';

/** What is at a vLLM address; a server behind a key lists no models to us. */
type VllmProbe =
  | { readonly state: 'silent' }
  | { readonly state: 'foreign' }
  | { readonly state: 'answers'; readonly version: string | null; readonly models: readonly string[] };

async function getJson(url: string): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) as unknown };
  } catch {
    return { status: response.status, body: undefined };
  }
}

/** Asks what listens at the address: a vLLM is healthy and lists models. */
export async function probeVllm(url: string): Promise<VllmProbe> {
  if (!(await isPortOpen(parseAddress(url)))) return { state: 'silent' };
  const base = url.replace(/\/+$/, '');
  try {
    const [health, models, version] = await Promise.all(
      ['/health', '/v1/models', '/version'].map((path) => getJson(`${base}${path}`)),
    );
    const list = (models?.body as { readonly data?: readonly { readonly id: string }[] } | undefined)?.data;
    const isGuarded = models?.status === 401 || models?.status === 403;
    if (health?.status !== 200 || (!Array.isArray(list) && !isGuarded)) return { state: 'foreign' };
    const { version: number } = (version?.body ?? {}) as { readonly version?: string };
    return { state: 'answers', version: number ?? null, models: (list ?? []).map(({ id }) => id) };
  } catch {
    return { state: 'foreign' };
  }
}

/**
 * Makes sure that a server that was up already takes whole weights.
 *
 * @throws StackError `stack/start-failed` when it does not
 */
export async function requireDevEndpoints(url: string): Promise<void> {
  const { status } = await getJson(`${url.replace(/\/+$/, '')}/weight_info`);
  if (status !== 404) return;
  throw new StackError(
    'stack/start-failed',
    `The vLLM at ${url} runs without its development endpoints, which whole weights need: stop it (here: tickloop down) and start it again with VLLM_SERVER_DEV_MODE=1 (here: tickloop up --dev-endpoints).`,
  );
}

/** True when this CPU multiplies bfloat16 in hardware; elsewhere float32 is several times faster. */
function hasFastBfloat16(): boolean {
  try {
    return /\b(avx512_bf16|amx_bf16)\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return false;
  }
}

/**
 * On a CPU vLLM gathers the adapter's matrices once for every token of a batch, padded to this rank: at 64 a prefill of a
 * few prompts takes a minute.
 */
const MAX_LORA_RANK = 8;

/**
 * Command of a CPU server that takes LoRA adapters at run time and, with `devEndpoints`, whole weights too. Those endpoints
 * ask for no key and let anybody who reaches them replace the weights or call into the engine, so they are never opened
 * without being asked for, nor at an address that other machines reach.
 */
export function vllmCommand(paths: StackPaths, url: string, devEndpoints = false): PartCommand {
  for (const [what, path] of [
    ['Python environment', paths.python],
    ['model checkpoint', paths.model],
  ] as const) {
    if (!existsSync(path)) {
      throw new StackError(
        'stack/not-installed',
        `The ${what} ${path} is missing, so vLLM cannot start: run npm run setup.`,
      );
    }
  }
  const { host, port } = parseAddress(url);
  // What guards this very server is the one secret that it has to know.
  const { VLLM_API_KEY } = process.env;
  if (devEndpoints && !isLoopback({ host, port })) {
    throw new StackError(
      'stack/start-failed',
      `vLLM is not started with its development endpoints at ${url}: they ask for no key, so only a loopback address such as http://127.0.0.1:${port} will do.`,
    );
  }
  const flags =
    `--served-model-name smollm2-135m-instruct --host ${host === 'localhost' ? '127.0.0.1' : host} --port ${port} ` +
    `--dtype ${hasFastBfloat16() ? 'bfloat16' : 'float32'} --enable-lora --max-lora-rank ${MAX_LORA_RANK} --max-loras 2 --max-cpu-loras 8 --max-model-len 2048 ` +
    // Only whole blocks of a prefix are cached, and those of a CPU have 128 tokens by default: most of a short question's context.
    `--block-size 32 --distributed-executor-backend uni ` +
    // A seeded prefill that is split over two steps kills the CPU engine: no chunks, and room for a whole context.
    `--no-enable-chunked-prefill --max-num-batched-tokens 8192 --max-num-seqs 64 --generation-config vllm`;
  return {
    part: 'vllm',
    // `vllm serve` looks for a package named "vllm", which the CPU build does not have.
    command: [paths.python, '-m', 'vllm.entrypoints.openai.api_server', '--model', paths.model, ...flags.split(' ')],
    environment: {
      HF_HUB_OFFLINE: '1',
      VLLM_TARGET_DEVICE: 'cpu',
      VLLM_CPU_KVCACHE_SPACE: '2',
      // By default vLLM leaves one core idle: half of a small machine.
      VLLM_CPU_OMP_THREADS_BIND: 'nobind',
      OMP_NUM_THREADS: String(availableParallelism()),
      // With it, the worker is a process of its own and the engine spins while it waits for it: a third busy thread on two
      // cores costs a fifth of the tokens a second. The threads are set above, which is what it is kept apart for.
      VLLM_ENABLE_V1_MULTIPROCESSING: '0',
      VLLM_ALLOW_RUNTIME_LORA_UPDATING: 'True',
      ...(devEndpoints ? { VLLM_SERVER_DEV_MODE: '1' } : {}),
      VLLM_NO_USAGE_STATS: '1',
      DO_NOT_TRACK: '1',
      ...(VLLM_API_KEY === undefined ? {} : { VLLM_API_KEY }),
    },
    address: url,
    port,
  };
}

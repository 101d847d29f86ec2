import { setTimeout as sleep } from 'node:timers/promises';
import { AdapterError, ModelServerError } from '../../domain/errors.ts';
import type { LabelledWeights, WeightsControl } from '../model-server.ts';
import { isNotTheWeightsFault } from './adapters.ts';
import { errorOfStatus } from './errors.ts';
import { parseIsPaused, parseReset, parseWeightInfo } from './responses.ts';
import { quoteServerMessage, readServerMessage } from './server-message.ts';
import { isSuccess, readJson, requireSuccess, type RawAnswer, type Transport } from './transport.ts';

/** The cache cannot be reset while blocks are held; after a pause nothing holds them for long. */
const RESET_ATTEMPTS = 20;
const RESET_PAUSE_MS = 250;

/** How the label begins from before a load until its end. */
const CHANGING = 'changing to ';

/** Calls of vLLM's development endpoints, in the one order in which no answer can come from weights other than its label says. */
export function createWeightsControl(transport: Transport): WeightsControl {
  const send = async (method: 'GET' | 'POST', path: string, body?: object, signal?: AbortSignal) => {
    const answer = await transport.send(method, path, body, signal);
    if (answer.status === 404) throw devModeOff(answer);
    return answer;
  };
  const post = async (path: string, body?: object, signal?: AbortSignal): Promise<RawAnswer> => {
    const answer = await send('POST', path, body, signal);
    requireSuccess(answer);
    return answer;
  };
  const readLabel = async (signal?: AbortSignal): Promise<string> => {
    const answer = await send('GET', '/weight_info', undefined, signal);
    return parseWeightInfo(answer.target, readJson(answer));
  };
  const relabel = async (label: string): Promise<void> => {
    await post('/update_weight_version', { new_version: label });
  };
  const resume = async (): Promise<void> => {
    await post('/resume');
  };

  const resetCache = async (): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await post('/reset_prefix_cache');
      if (parseReset(answer.target, readJson(answer))) return;
      if (attempt === RESET_ATTEMPTS) {
        throw new ModelServerError(
          'server-error',
          `${answer.target.host} would not let go of its prefix cache, which holds what the old weights computed.`,
        );
      }
      await sleep(RESET_PAUSE_MS);
    }
  };

  const load = async ({ path, label }: LabelledWeights): Promise<void> => {
    // A death between load and label must not leave the old label on new weights.
    const changing = `${CHANGING}${label}`;
    await relabel(changing);
    const answer = await send('POST', '/collective_rpc', { method: 'reload_weights', kwargs: { weights_path: path } });
    if (!isSuccess(answer)) throw loadRefused(answer, path);
    await resetCache();
    // Another worker that began to load meanwhile has taken our label away, and its weights come last.
    const now = await readLabel();
    if (now !== changing) throw overtaken(label, now);
    await relabel(label);
  };

  return {
    label: readLabel,
    relabel,
    async isPaused(signal) {
      const answer = await send('GET', '/is_paused', undefined, signal);
      return parseIsPaused(answer.target, readJson(answer));
    },
    resume,
    async replace(next, previous, signal) {
      try {
        await post('/pause?mode=wait&clear_cache=true', undefined, signal);
      } catch (error) {
        // It may have been paused all the same, and a paused server answers nobody; but the pause of a load under way is another's.
        const label = await readLabel().catch(() => undefined);
        if (label?.startsWith(CHANGING) !== true) await resume().catch(() => undefined);
        throw error;
      }
      // From here to the end nothing is broken off: a server must not be left between two versions.
      try {
        await load(next);
      } catch (error) {
        if (isOvertaken(error)) throw error;
        throw await goBack(error, previous, { load, resume });
      }
      await resume();
    },
  };
}

/** Loads again what was there; returns the error to throw, which says what is in service now. */
async function goBack(
  error: unknown,
  previous: LabelledWeights | null,
  {
    load,
    resume,
  }: { readonly load: (weights: LabelledWeights) => Promise<void>; readonly resume: () => Promise<void> },
): Promise<unknown> {
  const left = async (): Promise<string> => {
    if (previous === null) return 'The server is left paused, without weights that anybody vouches for: restart it.';
    try {
      await load(previous);
      await resume();
      return 'The previous weights are in service again.';
    } catch (second) {
      if (isOvertaken(second)) return 'Another worker has begun to load other weights there.';
      if (second instanceof ModelServerError && second.kind === 'unavailable') return 'Nobody answers there any more.';
      const why = second instanceof Error ? second.message : String(second);
      return `The previous weights could not be loaded again either, and the server is left paused: restart it. (${why})`;
    }
  };
  const outcome = await left();
  if (error instanceof AdapterError)
    return new AdapterError(error.code, `${error.message} ${outcome}`, { cause: error, details: error.details });
  if (error instanceof ModelServerError) {
    const { kind, status, retryAfterMs, details } = error;
    return new ModelServerError(kind, `${error.message} ${outcome}`, {
      cause: error,
      details,
      ...(status === undefined ? {} : { status }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
  return error;
}

/** Whoever took the label away ends the pause: going on here would let calls into weights that are being replaced. */
function overtaken(label: string, now: string): AdapterError {
  return new AdapterError(
    'adapter/not-loaded',
    `While "${label}" was loaded, the server was told "${now}": it was restarted, or another worker or run replaces its weights at the same time. Its label and its pause were left alone, and the next attempt looks again; give each run a server of its own.`,
  );
}

function isOvertaken(error: unknown): boolean {
  return error instanceof AdapterError && error.code === 'adapter/not-loaded';
}

function devModeOff({ target, status }: RawAnswer): AdapterError {
  return new AdapterError(
    'adapter/dev-mode-off',
    `${target.host}${target.path} answered 404: this server takes no whole weights while it runs. Start vLLM with VLLM_SERVER_DEV_MODE=1 in its environment, on a loopback address only, for those endpoints ask for no key (here: tickloop down, then tickloop up --dev-endpoints), or train an adapter with weights: lora.`,
    { details: { status } },
  );
}

function loadRefused({ target, status, text, retryAfter }: RawAnswer, path: string): Error {
  const mapped = errorOfStatus(target, status, text, retryAfter);
  if (isNotTheWeightsFault(mapped)) return mapped;
  return new AdapterError(
    'adapter/load-refused',
    `${target.host}${target.path} answered ${status} to loading the weights in ${path}: ${quoteServerMessage(readServerMessage(text), target.apiKey)}. Check that the server can read that folder, which has to be at the same path there.`,
    { details: { status } },
  );
}

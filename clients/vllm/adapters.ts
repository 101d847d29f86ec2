import { AdapterError, ModelServerError, type TickloopError } from '../../domain/errors.ts';
import type { ServedModel } from '../model-server.ts';
import { errorOfStatus } from './errors.ts';
import { quoteServerMessage, readServerMessage } from './server-message.ts';
import { isSuccess } from './transport.ts';
import type { RawAnswer } from './transport.ts';

const NOT_THE_WEIGHTS_FAULT: ReadonlySet<string> = new Set(['unavailable', 'timeout', 'rate-limit', 'unauthorized']);
// A proxy's word for a server that is gone or slow; the server's own word for bad weights is 500.
const OF_A_PROXY: ReadonlySet<number | undefined> = new Set([502, 504]);

/** True for an answer that says nothing about the weights: the server was away, busy, or did not let us in. */
export function isNotTheWeightsFault(error: TickloopError): boolean {
  return error instanceof ModelServerError && (NOT_THE_WEIGHTS_FAULT.has(error.kind) || OF_A_PROXY.has(error.status));
}

/**
 * Judges the answer to a call that loads an adapter; one that is already loaded from the same path counts as loaded.
 *
 * @throws AdapterError `adapter/load-refused`, or `ModelServerError` when the server gave no verdict on the adapter
 */
export async function checkAdapterLoaded(
  answer: RawAnswer,
  name: string,
  path: string,
  listModels: () => Promise<readonly ServedModel[]>,
): Promise<void> {
  if (isSuccess(answer)) return;
  const { target, status } = answer;
  const message = readServerMessage(answer.text);
  if (/already (been )?loaded/i.test(message)) {
    const served = (await listModels()).find((model) => model.id === name);
    if (served?.root === path) return;
    throw new AdapterError(
      'adapter/load-refused',
      `${target.host} already serves an adapter "${name}" from ${served?.root ?? 'an unknown path'}, not from ${path}; unload it or choose another name.`,
      { details: { status } },
    );
  }
  const mapped = errorOfStatus(target, status, answer.text, answer.retryAfter);
  if (isNotTheWeightsFault(mapped)) throw mapped;
  throw new AdapterError(
    'adapter/load-refused',
    `${target.host}${target.path} answered ${status} to loading adapter "${name}": ${quoteServerMessage(message, target.apiKey)}. Check the adapter's folder, --max-lora-rank, and that vLLM runs with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=1.`,
    { details: { status } },
  );
}

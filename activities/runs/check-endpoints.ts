import type { ModelServer } from '../../clients/model-server.ts';
import { ModelServerError } from '../../domain/errors.ts';

/** A model that a config names beside the policy. */
export interface NamedEndpoint {
  /** Of the config: `quality.tags.by`. */
  readonly field: string;
  readonly baseUrl: string;
  readonly model: string;
  readonly server: ModelServer;
}

/**
 * Asks every endpoint whether it is there and lists its model, so that a wrong address, key or name is known before a call
 * is paid for. A service that answers and has no list of models, as of plain scores, is taken as it is.
 *
 * @throws ModelServerError `model-server/unknown-model`, `model-server/unavailable`, `model-server/unauthorized`
 */
export async function checkEndpoints(endpoints: readonly NamedEndpoint[]): Promise<void> {
  for (const { field, baseUrl, model, server } of endpoints) {
    const models = await listModels(server);
    if (models === null || models.includes(model)) continue;
    throw new ModelServerError(
      'unknown-model',
      `${baseUrl} does not serve ${field}.model "${model}"; it serves ${models.map((id) => `"${id}"`).join(', ') || 'nothing'}: correct the name or the server.`,
    );
  }
}

async function listModels(server: ModelServer): Promise<readonly string[] | null> {
  try {
    return (await server.models()).map(({ id }) => id);
  } catch (error) {
    const hasNone =
      error instanceof ModelServerError &&
      ['not-served', 'bad-request', 'unknown-model', 'malformed-response'].includes(error.kind);
    if (hasNone) return null;
    throw error;
  }
}

import type { JsonValue } from '../domain/canonical-json.ts';
import type { RunConfig } from './schema/run-config.ts';

/**
 * What makes two configs the same run: all that changes results. Left out are how many rounds to go (a run can be
 * continued), where things are served, and how much is done at once.
 */
export function runIdentity(config: RunConfig): JsonValue {
  const { rounds: _rounds, store: _store, temporal: _temporal, ...rest } = config;
  const { inFlight: _inFlight, ...shards } = config.shards;
  return JSON.parse(
    JSON.stringify({
      ...rest,
      shards,
      policy: withoutPlace(config.policy),
      ...(config.judge === undefined ? {} : { judge: withoutPlace(config.judge) }),
    }),
  ) as JsonValue;
}

function withoutPlace<Endpoint extends object>(endpoint: Endpoint): Partial<Endpoint> {
  const place = new Set(['baseUrl', 'apiKeyEnv', 'timeoutMs', 'callsInFlight']);
  return Object.fromEntries(Object.entries(endpoint).filter(([name]) => !place.has(name))) as Partial<Endpoint>;
}

import type { ModelServer } from '../../clients/model-server.ts';

/** What judging took, as the side itself says. */
export interface Judged {
  readonly seconds: number;
  /** Items that were asked about and came back, readable or not. */
  readonly items: number;
  /** Items among them with a yes or a no. */
  readonly decided: number;
  /** Items that never came back, because their row raised. */
  readonly lost: number;
}

/** What one side did in one mode, with the server's counters. */
export interface Side extends Judged {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Share of prompt tokens that the prefix cache had, [0, 1]; `undefined` where the server does not say. */
  readonly hitRate: number | undefined;
}

/** Runs the work and takes the differences of the server's counters. */
export async function measureSide(server: ModelServer, work: () => Promise<Judged>): Promise<Side> {
  const before = await server.metrics();
  const judged = await work();
  const after = await server.metrics();
  const queries = (after.prefixCacheQueriesTotal ?? 0) - (before.prefixCacheQueriesTotal ?? 0);
  const hits = (after.prefixCacheHitsTotal ?? 0) - (before.prefixCacheHitsTotal ?? 0);
  return {
    ...judged,
    promptTokens: (after.promptTokensTotal ?? 0) - (before.promptTokensTotal ?? 0),
    completionTokens: (after.generationTokensTotal ?? 0) - (before.generationTokensTotal ?? 0),
    hitRate: queries === 0 ? undefined : hits / queries,
  };
}

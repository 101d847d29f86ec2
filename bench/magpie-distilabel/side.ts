import { isUserVoiced } from '../../domain/synthesis/user-voice.ts';
import { longestLoop } from '../../domain/synthesis/longest-loop.ts';
import type { CountingProxy } from './counting-proxy.ts';

export interface Pair {
  readonly query: string;
  readonly reply: string;
}

/** One side's run. */
export interface SideRun {
  readonly pairs: readonly Pair[];
  readonly seconds: number;
  /** Generation calls that the server was sent, and those of them that it had been sent before. */
  readonly calls: number;
  readonly repeated: number;
}

/** Times one run, and counts what goes through the proxy meanwhile. */
export async function measureRun(proxy: CountingProxy, run: () => Promise<readonly Pair[]>): Promise<SideRun> {
  proxy.reset();
  const startedAt = performance.now();
  const pairs = await run();
  return { pairs, seconds: (performance.now() - startedAt) / 1000, ...proxy.counts() };
}

/** Calls `strike` once, when that many calls were sent. @returns how to stop waiting */
export function strikeAfter(proxy: CountingProxy, calls: number, strike: () => void): () => void {
  const timer = setInterval(() => {
    if (proxy.counts().calls < calls) return;
    clearInterval(timer);
    strike();
  }, 50);
  return () => clearInterval(timer);
}

const MARK = /[.!?…:)"'\]}`]$/u;

/** What the rows are like; shares of all rows of a side. */
export function describePairs(pairs: readonly Pair[]) {
  const share = (holds: (pair: Pair) => boolean) => `${pairs.filter(holds).length}/${pairs.length}`;
  const queries = new Set(pairs.map(({ query }) => query.trim()));
  const mean = (length: (pair: Pair) => number) =>
    pairs.length === 0 ? 'n/a' : (pairs.reduce((sum, pair) => sum + length(pair), 0) / pairs.length).toFixed(0);
  return {
    'sounds like a user': share(({ query }) => isUserVoiced(query)),
    'empty query or reply': share(({ query, reply }) => query.trim() === '' || reply.trim() === ''),
    'query without an ending': share(({ query }) => query.trim() !== '' && !MARK.test(query.trim())),
    'query ends with a colon': share(({ query }) => query.trim().endsWith(':')),
    'more than one line': share(({ query }) => query.trim().includes('\n')),
    'loop in the reply': share(({ reply }) => longestLoop(reply) >= 0.3),
    'equal queries': `${pairs.length - queries.size}/${pairs.length}`,
    'query, reply chars': `${mean(({ query }) => query.length)}, ${mean(({ reply }) => reply.length)}`,
  };
}

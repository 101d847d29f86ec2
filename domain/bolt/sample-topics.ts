import { createRandom, deriveSeed } from '../random.ts';
import type { Curated } from './bolt-query.ts';

/** How topics are thinned out; the paper sub-samples by topic and does not say how. */
export type TopicRule =
  | { readonly kind: 'all' }
  /** At most so many queries of a topic. */
  | { readonly kind: 'cap'; readonly perTopic: number }
  /** `total` queries, a topic of n getting a share in proportion to n^exponent; 1 keeps the shares, 0 evens them out. */
  | { readonly kind: 'flatten'; readonly exponent: number; readonly total: number };

/** Thins out topics by a draw that depends on the seed and each query's id, not on the order of the queries. */
export function sampleTopics<Query extends { readonly promptId: string; readonly topic: string }>(
  queries: readonly Query[],
  rule: TopicRule,
  seed: number,
): Curated<Query> {
  const byTopic = groupByTopic(queries);
  const quotas = quotasOf(new Map([...byTopic].map(([topic, { length }]) => [topic, length])), rule);
  const kept = new Set([...byTopic].flatMap(([topic, members]) => drawMembers(members, quotas.get(topic) ?? 0, seed)));
  return {
    kept: queries.filter(({ promptId }) => kept.has(promptId)),
    dropped: queries
      .filter(({ promptId }) => !kept.has(promptId))
      .map(({ promptId, topic }) => ({
        promptId,
        reason: 'topic-cap',
        detail: `${quotas.get(topic) ?? 0} of ${byTopic.get(topic)?.length ?? 0} queries on ${topic} stay`,
      })),
  };
}

/**
 * How many queries each topic may keep, never more than it has. A flattened total is shared out by largest remainder, and
 * what a small topic cannot fill goes to the others.
 */
export function quotasOf(sizes: ReadonlyMap<string, number>, rule: TopicRule): ReadonlyMap<string, number> {
  if (rule.kind === 'all') return sizes;
  if (rule.kind === 'cap') return new Map([...sizes].map(([topic, size]) => [topic, Math.min(size, rule.perTopic)]));
  const shares = shareOut(sizes, rule.exponent, rule.total);
  const quotas = new Map([...sizes.keys()].map((topic) => [topic, Math.floor(shares.get(topic) ?? 0)]));
  const wanted = Math.min(
    rule.total,
    [...sizes.values()].reduce((sum, size) => sum + size, 0),
  );
  let missing = wanted - [...quotas.values()].reduce((sum, quota) => sum + quota, 0);
  const byRemainder = [...shares].toSorted(([a, x], [b, y]) => (y % 1) - (x % 1) || (a < b ? -1 : 1));
  for (const [topic] of byRemainder) {
    const quota = quotas.get(topic) ?? 0;
    if (missing === 0 || quota >= (sizes.get(topic) ?? 0)) continue;
    quotas.set(topic, quota + 1);
    missing -= 1;
  }
  return quotas;
}

/** Fractions of queries: topics that their share overfills are set to their size, and the rest is shared out again. */
function shareOut(sizes: ReadonlyMap<string, number>, exponent: number, total: number): ReadonlyMap<string, number> {
  const shares = new Map<string, number>();
  let open = [...sizes].filter(([, size]) => size > 0);
  for (let left = total; open.length > 0;) {
    const weights = open.reduce((sum, [, size]) => sum + size ** exponent, 0);
    const shareOf = (size: number): number => (left * size ** exponent) / weights;
    const full = open.filter(([, size]) => shareOf(size) >= size);
    if (full.length === 0) {
      for (const [topic, size] of open) shares.set(topic, shareOf(size));
      return shares;
    }
    for (const [topic, size] of full) shares.set(topic, size);
    left -= full.reduce((sum, [, size]) => sum + size, 0);
    open = open.filter(([topic]) => !shares.has(topic));
  }
  return shares;
}

function drawMembers(
  members: readonly { readonly promptId: string }[],
  quota: number,
  seed: number,
): readonly string[] {
  const rankOf = (promptId: string): number => createRandom(deriveSeed([seed, 'bolt-topic', promptId]))();
  return members
    .map(({ promptId }) => ({ promptId, rank: rankOf(promptId) }))
    .toSorted((a, b) => a.rank - b.rank || (a.promptId < b.promptId ? -1 : 1))
    .slice(0, quota)
    .map(({ promptId }) => promptId);
}

function groupByTopic<Query extends { readonly topic: string }>(
  queries: readonly Query[],
): ReadonlyMap<string, readonly Query[]> {
  const groups = new Map<string, Query[]>();
  for (const query of queries) {
    const group = groups.get(query.topic);
    if (group === undefined) groups.set(query.topic, [query]);
    else group.push(query);
  }
  return groups;
}

// Locks what a graph of vectors promises: the same answers to whoever builds it anew in the same order, true distances, and
// nearly all of the nearest.
import { describe, expect, it } from 'vitest';
import { createVectorIndex } from '../../clients/vector-index.ts';
import { makeVectors } from '../support/make-vectors.ts';

const BELOW = 0.025;
const DIMENSIONS = 48;
const made = makeVectors({ count: 1700, dimensions: DIMENSIONS, perCluster: 20, repeatShare: 0.1, seed: 3 });
const [known, queries] = [made.slice(0, 1500), made.slice(1500)];

const build = (kind: 'exact' | 'hnsw') => {
  const index = createVectorIndex(DIMENSIONS, BELOW, kind);
  for (const [at, vector] of known.entries()) index.add(`row-${at}`, vector);
  return index;
};

describe('a graph of vectors', () => {
  it('answers alike when it is built anew, whatever was looked for while it grew', () => {
    const grown = createVectorIndex(DIMENSIONS, BELOW, 'hnsw');
    for (const [at, vector] of known.entries()) {
      grown.add(`row-${at}`, vector);
      if (at % 7 === 0) grown.nearest([queries[at % queries.length] as Float32Array]);
    }
    expect(build('hnsw').nearest(queries)).toEqual(grown.nearest(queries));
  });

  it('finds nearly all of the nearest and of the repeats, none nearer than there is and none that is not there', () => {
    const exact = build('exact').nearest(queries);
    const found = build('hnsw').nearest(queries);
    const nearest = found.filter(({ minDistance }, at) => minDistance === exact[at]?.minDistance);
    expect(nearest.length).toBeGreaterThanOrEqual(0.99 * queries.length);
    for (const [at, { minDistance, repeatCount }] of found.entries()) {
      expect(minDistance).toBeGreaterThanOrEqual(exact[at]?.minDistance ?? 0);
      expect(repeatCount).toBeLessThanOrEqual(exact[at]?.repeatCount ?? 0);
    }
    const repeats = (all: typeof exact) => all.reduce((sum, { repeatCount }) => sum + repeatCount, 0);
    expect(repeats(exact)).toBeGreaterThan(10);
    expect(repeats(found)).toBeGreaterThanOrEqual(0.95 * repeats(exact));
  });

  it('says the true distance of what it finds', () => {
    const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
    for (const [at, { minDistance, rowId }] of build('hnsw').nearest(queries).entries()) {
      const neighbour = known[Number(rowId?.slice(4))] as Float32Array;
      expect(minDistance).toBeCloseTo(1 - cosine(queries[at] as Float32Array, neighbour), 5);
    }
  });

  it('ends its search among more copies than the graph leads to, and counts those that it found', () => {
    const index = createVectorIndex(DIMENSIONS, BELOW, 'hnsw');
    const [copy, other] = [known[0], known[1]] as [Float32Array, Float32Array];
    for (let at = 0; at < 700; at += 1) index.add(`copy-${at}`, copy);
    index.add('other', other);
    const [found] = index.nearest([copy]);
    expect(found?.minDistance).toBe(0);
    expect(found?.repeatCount).toBeGreaterThanOrEqual(16);
    expect(found?.repeatCount).toBeLessThanOrEqual(700);
  });

  it('has no neighbour before the first, and one where there is one', () => {
    const index = createVectorIndex(DIMENSIONS, BELOW, 'hnsw');
    const vector = known[0] as Float32Array;
    expect(index.nearest([vector])).toEqual([{ minDistance: null, rowId: null, repeatCount: 0 }]);
    index.add('first', vector);
    expect([index.size, index.nearest([vector])]).toEqual([1, [{ minDistance: 0, rowId: 'first', repeatCount: 1 }]]);
    expect(() => index.add('second', Float32Array.from([1]))).toThrow('a vector of 1 dimensions among vectors of 48');
  });
});

// The two searches of the nearest earlier query over the same vectors; see README.md.
import { parseArgs } from 'node:util';
import { createVectorIndex } from '../../clients/vector-index.ts';
import { VECTOR_INDEX_KINDS, type VectorIndexKind } from '../../domain/synthesis/neighbours.ts';
import type { NearestNeighbour } from '../../domain/synthesis/synthesis-row.ts';
import { makeVectors } from '../../tests/support/make-vectors.ts';

/** The default of `quality.neighbours.repeatBelow` by meaning. */
const REPEAT_BELOW = 0.025;

const { values } = parseArgs({
  options: {
    vectors: { type: 'string', default: '5000' },
    dimensions: { type: 'string', default: '768' },
    queries: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
  },
});
const [count, dimensions, asked, seed] = (['vectors', 'dimensions', 'queries', 'seed'] as const).map((name) => {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--${name} is a whole number of at least 1, not ${values[name]}.`);
  return value;
}) as [number, number, number, number];

// Queries come from the same clusters as what they are looked for among, and some repeat one of it.
const made = makeVectors({ count: count + asked, dimensions, perCluster: 20, repeatShare: 0.1, seed });
const [known, queries] = [made.slice(0, count), made.slice(count)];

const sides = VECTOR_INDEX_KINDS.map((kind) => measure(kind));
const [exact] = sides;
if (exact === undefined) throw new Error('There is no exact search to hold the others against.');
process.stdout.write(
  `${count} vectors of ${dimensions} dimensions, ${asked} queries; a repeat is nearer than ${REPEAT_BELOW}\n`,
);
for (const { kind, buildSeconds, searchSeconds, found } of sides) {
  const nearest = found.filter(({ minDistance }, at) => minDistance === exact.found[at]?.minDistance).length;
  const [repeats, wanted] = [found, exact.found].map((all) => all.reduce((sum, one) => sum + one.repeatCount, 0));
  process.stdout.write(
    `${kind.padEnd(5)}  build ${buildSeconds.toFixed(2)} s  search ${searchSeconds.toFixed(2)} s (${((1000 * searchSeconds) / asked).toFixed(2)} ms a query)  nearest found ${nearest} of ${asked}  repeats found ${repeats} of ${wanted}\n`,
  );
}

function measure(kind: VectorIndexKind): {
  readonly kind: VectorIndexKind;
  readonly buildSeconds: number;
  readonly searchSeconds: number;
  readonly found: readonly NearestNeighbour[];
} {
  const index = createVectorIndex(dimensions, REPEAT_BELOW, kind);
  const begun = performance.now();
  for (const [at, vector] of known.entries()) index.add(`row-${at}`, vector);
  const built = performance.now();
  const found = index.nearest(queries);
  const ended = performance.now();
  return { kind, buildSeconds: (built - begun) / 1000, searchSeconds: (ended - built) / 1000, found };
}

import { createRandom } from '../../domain/random.ts';

/** How vectors are made. */
export interface VectorPlan {
  readonly count: number;
  readonly dimensions: number;
  /** Vectors of a cluster, on average: subjects that many queries share. */
  readonly perCluster: number;
  /** Share of vectors that are an earlier one with little noise: repeats. */
  readonly repeatShare: number;
  readonly seed: number;
}

/** Random unit vectors in clusters, the same ones for the same plan. */
export function makeVectors({ count, dimensions, perCluster, repeatShare, seed }: VectorPlan): readonly Float32Array[] {
  const random = createRandom(seed);
  const noise = (size: number) => Float32Array.from({ length: dimensions }, () => size * gauss(random));
  const centres = Array.from({ length: Math.max(1, Math.round(count / perCluster)) }, () => toUnit(noise(1)));
  const pick = (from: readonly Float32Array[]) => from[Math.floor(random() * from.length)] as Float32Array;
  const vectors: Float32Array[] = [];
  // Noise of this size is as long as the unit vector that it is added to: members of a cluster are some 0.5 apart.
  const [apart, close] = [1 / Math.sqrt(dimensions), 0.1 / Math.sqrt(dimensions)];
  for (let made = 0; made < count; made += 1) {
    const isRepeat = made > 0 && random() < repeatShare;
    vectors.push(toUnit(isRepeat ? sum(pick(vectors), noise(close)) : sum(pick(centres), noise(apart))));
  }
  return vectors;
}

function sum(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, at) => value + (b[at] ?? 0));
}

function toUnit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((squares, value) => squares + value * value, 0));
  return vector.map((value) => value / length);
}

/** @source Box and Muller (1958) */
function gauss(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

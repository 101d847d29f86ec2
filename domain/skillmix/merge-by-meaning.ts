import type { NeighbourIndex } from '../synthesis/neighbours.ts';

/**
 * Decides name by name, from the most frequent on, which ones another stands for: a name goes to the nearest of those that
 * stay, when that is no farther than `maxDistance`. So nothing is merged into a name that was merged itself, and no chain of
 * small steps joins what lies far apart.
 *
 * @param index empty; holds the names that stay
 * @param maxDistance largest cosine distance of two names of one skill, (0, 2]
 * @returns says for the next name which one stands for it; `null` when it stays
 */
export function createMeaningMerge(
  index: NeighbourIndex<Float32Array>,
  maxDistance: number,
): (name: string, vector: Float32Array) => string | null {
  return (name, vector) => {
    const [nearest] = index.nearest([vector]);
    const distance = nearest?.minDistance ?? null;
    if (distance !== null && distance <= maxDistance) return nearest?.rowId ?? null;
    index.add(name, vector);
    return null;
  };
}

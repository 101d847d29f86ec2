import { shinglesOfWords } from '../bolt/near-duplicates.ts';
import { settleDistance, type NeighbourIndex } from './neighbours.ts';
import { wordsAndSigns } from './words-and-signs.ts';

/**
 * Finds the nearest of earlier texts by the words they share: the distance is 1 - Jaccard similarity of their sets of
 * shingles, so 0 for the same words and signs in the same order and 1 for nothing in common. Exact: only texts that share a shingle
 * are counted, and all others are at 1.
 */
export function createWordIndex(shingleWords: number, repeatBelow: number): NeighbourIndex<string> {
  const texts: { readonly rowId: string; readonly shingles: number }[] = [];
  const byShingle = new Map<string, number[]>();
  return {
    get size() {
      return texts.length;
    },
    add(rowId, text) {
      const shingles = shinglesOfWords(wordsAndSigns(text), shingleWords);
      for (const shingle of shingles) {
        const known = byShingle.get(shingle);
        if (known === undefined) byShingle.set(shingle, [texts.length]);
        else known.push(texts.length);
      }
      texts.push({ rowId, shingles: shingles.size });
    },
    nearest: (items) =>
      items.map((text) => {
        const shingles = shinglesOfWords(wordsAndSigns(text), shingleWords);
        const shared = new Map<number, number>();
        for (const shingle of shingles) {
          for (const index of byShingle.get(shingle) ?? []) shared.set(index, (shared.get(index) ?? 0) + 1);
        }
        let nearest = texts.length === 0 ? null : { index: 0, distance: 1 };
        let repeatCount = repeatBelow > 1 ? texts.length - shared.size : 0;
        for (const [index, common] of shared) {
          const other = texts[index]?.shingles ?? 0;
          const distance = settleDistance(1 - common / (shingles.size + other - common), 1);
          if (distance < repeatBelow) repeatCount += 1;
          const isNearer =
            nearest === null || distance < nearest.distance || (distance === nearest.distance && index < nearest.index);
          if (isNearer) nearest = { index, distance };
        }
        return {
          minDistance: nearest?.distance ?? null,
          rowId: nearest === null ? null : (texts[nearest.index]?.rowId ?? null),
          repeatCount,
        };
      }),
  };
}

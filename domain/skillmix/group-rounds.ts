import { createRandom, deriveSeed } from '../random.ts';
import { partition } from '../shards.ts';

/** What one round of grouping came to. */
export interface GroupRound {
  /** Names that went in: labels in the first round, groups in later ones. */
  readonly names: number;
  /** Lists that the names were cut into, one call each. */
  readonly parts: number;
  /** Parts whose groups never could be read: their names stayed as they were. */
  readonly unread: number;
  /** Names that came out. */
  readonly groups: number;
}

/** Labels in groups. */
export interface Grouping {
  /** The group that a label came to in the end; a label that is in none stands for itself. */
  readonly groups: ReadonlyMap<string, string>;
  /** Empty where nothing was grouped. */
  readonly rounds: readonly GroupRound[];
}

/**
 * Cuts the names of a round into parts that are grouped by a call each. The first round goes by the alphabet; later ones
 * shuffle, since names that shared a part once have been compared.
 *
 * @param round from 0
 */
export function partsOfRound(
  names: readonly string[],
  size: number,
  { seed, round }: { readonly seed: number; readonly round: number },
): readonly (readonly string[])[] {
  const sorted = names.toSorted();
  if (round === 0) return partition(sorted, size);
  const random = createRandom(deriveSeed(['skillmix-group-parts', seed, round]));
  const shuffled = sorted
    .map((name) => ({ name, rank: random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ name }) => name);
  // Of equal length, so that no name is left alone in the last one.
  const count = Math.ceil(shuffled.length / size);
  const startOf = (part: number) => Math.floor((part * shuffled.length) / count);
  return Array.from({ length: count }, (_, part) => shuffled.slice(startOf(part), startOf(part + 1)));
}

/**
 * Applies what a round found to the groups so far. After the first round only that counts which brings names together:
 * another name for a group of one would be a change without end.
 *
 * @param groups the group so far, by label
 * @param found another group, by group
 * @param round from 0
 */
export function regroup(
  groups: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, string>,
  round: number,
): ReadonlyMap<string, string> {
  const joining = new Map<string, number>();
  for (const name of new Set(groups.values())) {
    const group = found.get(name) ?? name;
    joining.set(group, (joining.get(group) ?? 0) + 1);
  }
  return new Map(
    [...groups].map(([label, name]): [string, string] => {
      const group = found.get(name) ?? name;
      return [label, round === 0 || (joining.get(group) ?? 0) > 1 ? group : name];
    }),
  );
}

/**
 * Whether another round has nothing to do: the last one read every part and brought no names together, or left one group.
 * `null` where nothing was grouped.
 */
export function isStable(rounds: readonly GroupRound[]): boolean | null {
  const last = rounds.at(-1);
  if (last === undefined) return null;
  return last.groups <= 1 || (last.unread === 0 && last.groups === last.names);
}

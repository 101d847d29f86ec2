import { findNearDuplicates } from '../bolt/near-duplicates.ts';
import { isName, normaliseName } from './skill-name.ts';

/** Where a skill was found: asked for by topic, read off a row of a data set, or given in a file. */
export type SkillSource = 'asked' | 'labelled' | 'given';

/** A skill as a model or a file named it. */
export interface NamedSkill {
  readonly label: string;
  /** The topic it was asked for; `null` where none was. */
  readonly topic: string | null;
  readonly source: SkillSource;
}

/** A skill of the inventory. */
export interface Skill {
  /** Normalised: what is drawn and what rows are stamped with. */
  readonly name: string;
  /** As it was named first. */
  readonly label: string;
  readonly topic: string | null;
  readonly source: SkillSource;
  /** How often it was named, under this and the names that were merged into it. */
  readonly count: number;
  /** Other names that were taken for the same skill. */
  readonly merged: readonly string[];
}

/** What became of all that was named. */
export interface InventoryCounts {
  readonly named: number;
  /** Sentences, numbers and blanks. */
  readonly notNames: number;
  /** Names of topics, which say what a question is about and not what an answer needs. */
  readonly topicNames: number;
  /** Repeats of a name. */
  readonly repeats: number;
  /** Names that were merged into a likeness. */
  readonly nearDuplicates: number;
  readonly skills: number;
}

/**
 * Makes an inventory of what was named: normalised, without topics, each name once, and names that are spelled alike
 * merged into the most frequent one.
 *
 * @param minSimilarity smallest Jaccard similarity of the letter triples of two names of one skill, (0, 1]; 1 merges only
 *   names with the same words in another order
 * @source Instruct-SkillMix (arXiv 2408.14774), skill extraction; the rules of this clean-up are ours: its own are unknown
 */
export function settleSkills(
  named: readonly NamedSkill[],
  topics: readonly string[],
  minSimilarity: number,
): { readonly skills: readonly Skill[]; readonly counts: InventoryCounts } {
  const topicNames = new Set(topics.map(normaliseName));
  const entries = named.map((entry) => ({ ...entry, name: normaliseName(entry.label) }));
  const names = entries.filter(({ name }) => isName(name));
  const skills = names.filter(({ name }) => !topicNames.has(name));
  const byName = new Map<string, Skill>();
  for (const { name, label, topic, source } of skills) {
    const known = byName.get(name);
    byName.set(
      name,
      known === undefined
        ? { name, label: label.trim(), topic, source, count: 1, merged: [] }
        : { ...known, count: known.count + 1 },
    );
  }
  // The most frequent name of a likeness comes first and stays; a stable sort keeps the order of equals.
  const distinct = [...byName.values()].toSorted((a, b) => b.count - a.count);
  const merged = mergeAlike(distinct, minSimilarity);
  return {
    skills: merged,
    counts: {
      named: entries.length,
      notNames: entries.length - names.length,
      topicNames: names.length - skills.length,
      repeats: skills.length - distinct.length,
      nearDuplicates: distinct.length - merged.length,
      skills: merged.length,
    },
  };
}

function mergeAlike(skills: readonly Skill[], minSimilarity: number): readonly Skill[] {
  const twins = findNearDuplicates(
    skills.map(({ name }) => letterTriples(name)),
    { shingleWords: 1, minSimilarity },
  );
  return skills.flatMap((skill, index) => {
    if (twins[index] !== null) return [];
    const alike = skills.filter((_, other) => twins[other] === index);
    return [
      {
        ...skill,
        count: alike.reduce((sum, { count }) => sum + count, skill.count),
        merged: alike.map(({ name }) => name),
      },
    ];
  });
}

/** Overlapping triples of letters, each as a word; words are sorted first, since their order makes no other skill. */
function letterTriples(name: string): string {
  const letters = Array.from(name.split('_').toSorted().join(''));
  if (letters.length < 4) return letters.join('');
  return Array.from({ length: letters.length - 2 }, (_, start) => letters.slice(start, start + 3).join('')).join(' ');
}

import type { GroupRound } from './group-rounds.ts';
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

/** What was named, and what of it is no skill of its own. */
export interface NameCounts {
  readonly named: number;
  /** Sentences, numbers and blanks. */
  readonly notNames: number;
  /** Names of topics, which say what a question is about and not what an answer needs. */
  readonly topicNames: number;
  /** Repeats of a name. */
  readonly repeats: number;
}

/** What became of all that was named. */
export interface InventoryCounts extends NameCounts {
  /** Names that were taken for another one. */
  readonly nearDuplicates: number;
  readonly skills: number;
}

/** What the manifest of an inventory says of it. */
export interface InventorySummary extends InventoryCounts {
  /** Who said which names are one: `letters`, or an embedding model. */
  readonly mergedBy: string;
  /** Names that the embedding model refused, which stay as they are. */
  readonly notEmbedded: number;
  /** Rounds in which labels of rows were grouped; empty where none were. */
  readonly groupRounds: readonly GroupRound[];
}

/** Skills with what was counted on the way to them. */
export interface Counted<Counts> {
  /** By how often each was named itself, most often first; equals in the order in which they were named. */
  readonly skills: readonly Skill[];
  readonly counts: Counts;
}

/**
 * The names of what was named: normalised, without topics, each once.
 *
 * @source Instruct-SkillMix (arXiv 2408.14774), skill extraction; the rules of this clean-up are ours: its own are unknown
 */
export function countNames(named: readonly NamedSkill[], topics: readonly string[]): Counted<NameCounts> {
  const topicNames = new Set(topics.map(normaliseName));
  const entries = named.map((entry) => ({ ...entry, name: normaliseName(entry.label) }));
  const names = entries.filter(({ name }) => isName(name));
  const kept = names.filter(({ name }) => !topicNames.has(name));
  const byName = new Map<string, Skill>();
  for (const { name, label, topic, source } of kept) {
    const known = byName.get(name);
    byName.set(
      name,
      known === undefined
        ? { name, label: label.trim(), topic, source, count: 1, merged: [] }
        : { ...known, count: known.count + 1 },
    );
  }
  return {
    // A stable sort keeps the order of equals.
    skills: [...byName.values()].toSorted((a, b) => b.count - a.count),
    counts: {
      named: entries.length,
      notNames: entries.length - names.length,
      topicNames: names.length - kept.length,
      repeats: kept.length - byName.size,
    },
  };
}

/**
 * Makes one skill of all names of a skill, under the one that stays.
 *
 * @param twinOf the name that stays, by each that does not
 */
export function mergeTwins(
  { skills, counts }: Counted<NameCounts>,
  twinOf: ReadonlyMap<string, string>,
): Counted<InventoryCounts> {
  const twins = new Map<string, Skill[]>();
  for (const skill of skills) {
    const kept = twinOf.get(skill.name);
    if (kept === undefined) continue;
    const known = twins.get(kept);
    if (known === undefined) twins.set(kept, [skill]);
    else known.push(skill);
  }
  const merged = skills.flatMap((skill): readonly Skill[] => {
    if (twinOf.has(skill.name)) return [];
    const others = twins.get(skill.name) ?? [];
    return [
      {
        ...skill,
        count: others.reduce((sum, { count }) => sum + count, skill.count),
        merged: others.map(({ name }) => name),
      },
    ];
  });
  return {
    skills: merged,
    counts: { ...counts, nearDuplicates: skills.length - merged.length, skills: merged.length },
  };
}

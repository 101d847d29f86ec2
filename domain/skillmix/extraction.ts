import type { FinishReason } from '../completion.ts';
import type { GroupRound } from './group-rounds.ts';
import type { NamedSkill, Skill } from './inventory.ts';
import type { QueryType } from './query-types.ts';

/** One reply that an inventory was made from. */
export interface AskedReply {
  readonly step: 'topics' | 'skills' | 'query-types' | 'label' | 'group';
  /** The round, topic, row or group of labels that it was asked for. */
  readonly subject: string;
  readonly attempt: number;
  readonly seed: number;
  /** `null` where the server refused the call. */
  readonly text: string | null;
  readonly finishReason: FinishReason | null;
  /** Entries that were read from it. */
  readonly entries: number;
}

/** Labels of one row of a data set. */
export interface RowLabels {
  readonly rowId: string;
  /** Normalised, as the model named them. */
  readonly labels: readonly string[];
}

/** All that was found out about skills and types. */
export interface Extraction {
  readonly topics: readonly string[];
  readonly named: readonly NamedSkill[];
  readonly queryTypes: readonly QueryType[];
  /** Of the rows of a data set; empty without one. */
  readonly rows: readonly RowLabels[];
  /** Group by label; a label without one stands for itself. */
  readonly groups: ReadonlyMap<string, string>;
  /** How that came about. */
  readonly groupRounds: readonly GroupRound[];
}

/** A row of a data set, and the skills of the inventory that it needs. */
export interface RowSkills extends RowLabels {
  readonly skills: readonly string[];
}

/** Follows each label of a row through its group and through merged names to the inventory. */
export function mapRows(
  rows: readonly RowLabels[],
  groups: ReadonlyMap<string, string>,
  skills: readonly Skill[],
): readonly RowSkills[] {
  const inventory = new Map(skills.flatMap(({ name, merged }) => [name, ...merged].map((alias) => [alias, name])));
  return rows.map(({ rowId, labels }) => ({
    rowId,
    labels,
    skills: [...new Set(labels.flatMap((label) => inventory.get(groups.get(label) ?? label) ?? []))],
  }));
}

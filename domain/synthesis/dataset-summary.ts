import type { JsonValue } from '../canonical-json.ts';
import type { DatasetRow, DropCount, SettledRows } from './settle-dataset.ts';

/** Tokens of all calls behind a dataset. */
export type SynthesisTokens = { readonly prompt: number; readonly completion: number };

/** What a dataset's manifest says of it, and its card: JSON, which an interface would not be to the compiler. */
export type DatasetSummary = {
  readonly rows: number;
  /** Rows that were asked for. */
  readonly asked: number;
  /** Why there are fewer; `null` where there are not. */
  readonly shortfall: string | null;
  /** Why the difficulties are not in the shares that were asked for; `null` where they are, or no shares were asked for. */
  readonly mixShortfall: string | null;
  /** Rows that were drawn, dropped ones included: `rows + unused` and all drops add up to it. */
  readonly sampled: number;
  readonly unused: number;
  readonly duplicates: number;
  readonly drops: readonly DropCount[];
  /** Rows that end with a reply. */
  readonly answered: number;
  /** Rows whose last reply ended by its length: it is cut off. */
  readonly cutReplies: number;
  readonly shuffled: boolean;
  /** Rows by what made them, by the model of each part, and by the number of user turns. */
  readonly methods: Tally;
  readonly models: { readonly query: Tally; readonly reply: Tally; readonly reward: Tally };
  readonly turns: Tally;
  /** Rows of Instruct-SkillMix by whether their answer was spoiled for an ablation. */
  readonly qualities?: Tally;
  /** UTF-16 units of all user and all assistant turns. */
  readonly chars: { readonly user: number; readonly assistant: number };
  /** `null` where the run did not count them. */
  readonly tokens: SynthesisTokens | null;
  /** The filters as the run's config has them; `null` where it has none. */
  readonly filters: JsonValue;
};

/** Rows by value. */
export type Tally = { readonly [value: string]: number };

/** What is known of a dataset beside its rows. */
export interface DatasetFacts {
  readonly asked: number;
  readonly sampled: number;
  readonly shuffled: boolean;
  readonly tokens: SynthesisTokens | null;
  readonly filters: JsonValue;
  /** As in the summary; absent where the rows are taken in no shares. */
  readonly mixShortfall?: string | null;
}

/** What the rows of a dataset say of it. */
type RowCounts = Pick<
  DatasetSummary,
  'rows' | 'answered' | 'cutReplies' | 'methods' | 'models' | 'turns' | 'qualities' | 'chars'
>;

/** Counts the rows of a dataset one after the other, and holds none. */
export function createDatasetTally(): { add(row: DatasetRow): void; result(): RowCounts } {
  const sums = { rows: 0, answered: 0, cutReplies: 0, user: 0, assistant: 0 };
  const [methods, queryModels, replyModels, rewardModels, turns, qualities] = [
    new Map<string, number>(),
    new Map<string, number>(),
    new Map<string, number>(),
    new Map<string, number>(),
    new Map<string, number>(),
    new Map<string, number>(),
  ];
  return {
    add({ messages, origin, replyFinish, rewards }) {
      sums.rows += 1;
      if (messages.at(-1)?.role === 'assistant') sums.answered += 1;
      if (replyFinish === 'length') sums.cutReplies += 1;
      for (const { role, content } of messages) if (role !== 'system') sums[role] += content.length;
      count(methods, origin.method);
      count(queryModels, origin.queryModel);
      count(replyModels, origin.replyModel);
      count(rewardModels, rewards?.rewardModel);
      count(turns, messages.filter(({ role }) => role === 'user').length.toString());
      if (origin.method === 'skillmix') count(qualities, origin.quality);
    },
    result: () => ({
      rows: sums.rows,
      answered: sums.answered,
      cutReplies: sums.cutReplies,
      methods: toTally(methods),
      models: { query: toTally(queryModels), reply: toTally(replyModels), reward: toTally(rewardModels) },
      turns: toTally(turns),
      ...(qualities.size === 0 ? {} : { qualities: toTally(qualities) }),
      chars: { user: sums.user, assistant: sums.assistant },
    }),
  };
}

/** Puts together what is known of a dataset. */
export function summarizeDataset(
  { rows, answered, cutReplies, methods, models, turns, qualities, chars }: RowCounts,
  { drops, duplicates, unused, shortfall }: Omit<SettledRows, 'rows'>,
  { asked, sampled, shuffled, tokens, filters, mixShortfall = null }: DatasetFacts,
): DatasetSummary {
  return {
    rows,
    asked,
    shortfall,
    mixShortfall,
    sampled,
    unused,
    duplicates,
    drops,
    answered,
    cutReplies,
    shuffled,
    methods,
    models,
    turns,
    ...(qualities === undefined ? {} : { qualities }),
    chars,
    tokens,
    filters,
  };
}

function count(counts: Map<string, number>, value: string | undefined): void {
  if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
}

/** Most first. */
function toTally(counts: ReadonlyMap<string, number>): Tally {
  return Object.fromEntries([...counts].toSorted(([, a], [, b]) => b - a));
}

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

/** Counts a dataset. */
export function summarizeDataset(
  { rows, drops, duplicates, unused, shortfall }: SettledRows,
  { asked, sampled, shuffled, tokens, filters, mixShortfall = null }: DatasetFacts,
): DatasetSummary {
  return {
    rows: rows.length,
    asked,
    shortfall,
    mixShortfall,
    sampled,
    unused,
    duplicates,
    drops,
    answered: rows.filter(({ messages }) => messages.at(-1)?.role === 'assistant').length,
    cutReplies: rows.filter(({ replyFinish }) => replyFinish === 'length').length,
    shuffled,
    methods: tally(rows, ({ origin }) => origin.method),
    models: {
      query: tally(rows, ({ origin }) => origin.queryModel),
      reply: tally(rows, ({ origin }) => origin.replyModel),
      reward: tally(rows, ({ rewards }) => rewards?.rewardModel),
    },
    turns: tally(rows, ({ messages }) => messages.filter(({ role }) => role === 'user').length.toString()),
    ...(rows.some(({ origin }) => origin.method === 'skillmix')
      ? { qualities: tally(rows, ({ origin }) => (origin.method === 'skillmix' ? origin.quality : undefined)) }
      : {}),
    chars: { user: countChars(rows, 'user'), assistant: countChars(rows, 'assistant') },
    tokens,
    filters,
  };
}

function tally(rows: readonly DatasetRow[], read: (row: DatasetRow) => string | undefined): Tally {
  const counts = new Map<string, number>();
  for (const value of rows.map(read)) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Object.fromEntries([...counts].toSorted(([, a], [, b]) => b - a));
}

function countChars(rows: readonly DatasetRow[], role: 'user' | 'assistant'): number {
  return rows
    .flatMap(({ messages }) => messages)
    .reduce((sum, message) => sum + (message.role === role ? message.content.length : 0), 0);
}

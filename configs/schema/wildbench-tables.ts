import { z } from 'zod';
import type { ModelTable } from '../../domain/wildbench/correlate.ts';
import type { LeaderboardEntry } from '../../domain/wildbench/leaderboard.ts';

const someName = z.string().min(1);
const someNumber = z.number().nullable();

/** A plain number is filed under this column. */
export const SINGLE_COLUMN = 'value';

/**
 * Numbers by model: model -> number, or model -> column -> number, as upstream's leaderboard file has it. Texts such as
 * its `"-"` for unknown are no numbers and passed over.
 */
export const modelTable = z.record(someName, z.union([z.number(), z.record(z.string(), z.unknown())])).transform(
  (models): ModelTable =>
    new Map(
      Object.entries(models).map(([model, cell]) => {
        const row = typeof cell === 'number' ? { [SINGLE_COLUMN]: cell } : cell;
        return [
          model,
          new Map(Object.entries(row).filter((entry): entry is [string, number] => Number.isFinite(entry[1]))),
        ];
      }),
    ),
);

const interval = z.looseObject({ low: z.number(), high: z.number(), n: z.int() }).nullish();

/** What `wildbench score --json` printed. */
export const scoreOutput = z
  .looseObject({
    model: someName,
    adjusted_score: someNumber,
    total: z.int(),
    avg_len: someNumber,
    task_macro_score: someNumber.optional(),
    interval,
  })
  .transform((output): Pick<LeaderboardEntry, 'model' | 'score' | 'taskMacroScore' | 'averageLengthChars'> => ({
    model: output.model,
    score:
      output.adjusted_score === null
        ? null
        : {
            value: output.adjusted_score,
            // The interval is of the plain score, 1 to 10.
            low: output.interval ? (output.interval.low - 5) * 2 : null,
            high: output.interval ? (output.interval.high - 5) * 2 : null,
            n: output.total,
          },
    taskMacroScore: output.task_macro_score ?? null,
    averageLengthChars: output.avg_len,
  }));

const mixCell = z
  .looseObject({ reward: someNumber, task_macro_reward: someNumber, interval })
  .transform((cell): Pick<LeaderboardEntry, 'reward' | 'taskMacroReward'> => ({
    reward:
      cell.reward === null
        ? null
        : {
            value: cell.reward,
            low: cell.interval?.low ?? null,
            high: cell.interval?.high ?? null,
            n: cell.interval?.n ?? 0,
          },
    taskMacroReward: cell.task_macro_reward,
  }));

/** What `wildbench reward --json` printed: length penalty K -> model -> mix. */
export const rewardOutput = z.looseObject({ mix: z.record(z.string(), z.record(someName, mixCell)) });

/** What `wildbench elo --json` printed. */
export const eloOutput = z.looseObject({
  ratings: z.record(
    someName,
    z
      .looseObject({ mean: z.number(), low: z.number(), high: z.number(), votes: z.int() })
      .transform((rating): LeaderboardEntry['elo'] => ({
        value: rating.mean,
        low: rating.low,
        high: rating.high,
        n: rating.votes,
      })),
  ),
});

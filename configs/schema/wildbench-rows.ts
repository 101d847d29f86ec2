import { z } from 'zod';
import type { PairJudgment } from '../../domain/wildbench/pairs.ts';
import type { PairCounts } from '../../domain/wildbench/reward.ts';
import { sumCounts } from '../../domain/wildbench/reward.ts';
import type { ScoreJudgment } from '../../domain/wildbench/score.ts';
import { countCodePoints } from '../../domain/wildbench/code-points.ts';
import { TRUNCATION_SUFFIX } from '../../domain/wildbench/cut-words.ts';
import { TASK_GROUPS } from '../../domain/wildbench/task-groups.ts';
import type { Vote } from '../../domain/wildbench/votes.ts';

const count = z.int().min(0);
const someName = z.string().min(1);

/** What upstream's `float(score)` reads, without its infinities. */
const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

function readNumber(score: string | number | null | undefined): number | null {
  if (typeof score === 'number') return Number.isFinite(score) ? score : null;
  return typeof score === 'string' && NUMBER.test(score) ? Number(score) : null;
}

/**
 * A judged answer: numbers only, or upstream's `score` and `model_output`, from which the numbers are taken as upstream
 * does. A score that is no number is kept as unreadable.
 */
export const scoreRow = z
  .looseObject({
    session_id: someName,
    score: z.union([z.string(), z.number()]).nullish(),
    n_chars: count.nullish(),
    truncated: z.boolean().nullish(),
    empty: z.boolean().nullish(),
    model_output: z.union([z.string(), z.tuple([z.string()], z.string())]).nullish(),
  })
  .transform((row, context): ScoreJudgment => {
    const output = Array.isArray(row.model_output) ? row.model_output[0] : row.model_output;
    const lengthChars = row.n_chars ?? (typeof output === 'string' ? countCodePoints(output) : undefined);
    if (lengthChars === undefined) {
      context.addIssue({ code: 'custom', path: ['n_chars'], message: 'give n_chars or model_output' });
    }
    return {
      sessionId: row.session_id,
      score: readNumber(row.score),
      lengthChars: lengthChars ?? 0,
      truncated: row.truncated ?? (typeof output === 'string' && output.endsWith(TRUNCATION_SUFFIX)),
      empty: row.empty ?? lengthChars === 0,
    };
  });

/** A judged pair with its recorded assignment. */
export const pairRow = z
  .looseObject({
    session_id: someName,
    choice: z.string().nullish(),
    model_is_A: z.boolean(),
    n_chars_model: count,
    n_chars_baseline: count,
    truncated: z.boolean().default(false),
    empty: z.boolean().default(false),
  })
  .transform((row): PairJudgment => ({
    sessionId: row.session_id,
    choice: row.choice ?? null,
    modelIsA: row.model_is_A,
    lengthCharsModel: row.n_chars_model,
    lengthCharsBaseline: row.n_chars_baseline,
    truncated: row.truncated,
    empty: row.empty,
  }));

/** A comparison of two models: who won, by name, or `tie`. */
export const voteRow = z
  .looseObject({
    session_id: someName,
    model_1: someName,
    model_2: someName,
    winner: someName,
    length_1: count.nullish(),
    length_2: count.nullish(),
  })
  .refine((row) => row.model_1 !== row.model_2, { path: ['model_2'], error: 'must be another model than model_1' })
  .refine((row) => [row.model_1, row.model_2, 'tie'].includes(row.winner), {
    path: ['winner'],
    error: 'must be the name in model_1, that in model_2 or tie',
  })
  .transform((row): Vote => ({
    sessionId: row.session_id,
    model1: row.model_1,
    model2: row.model_2,
    winner: winnerOf(row),
    lengthChars1: row.length_1 ?? null,
    lengthChars2: row.length_2 ?? null,
  }));

function winnerOf(row: { readonly winner: string; readonly model_1: string }): Vote['winner'] {
  if (row.winner === 'tie') return 'tie';
  return row.winner === row.model_1 ? 'model1' : 'model2';
}

const outcomeCounts = z.object({ win_much: count, win: count, tie: count, lose: count, lose_much: count });

const pairCounts = outcomeCounts
  .extend({
    total: count,
    task_categorized_results: z.partialRecord(z.enum(TASK_GROUPS), outcomeCounts).default({}),
  })
  .transform((row, context): PairCounts => {
    const { total, task_categorized_results: groups, ...counts } = row;
    const counted = sumCounts(counts);
    if (counted > total) {
      context.addIssue({ code: 'custom', path: ['total'], message: `is ${total}, less than the ${counted} counted` });
    }
    return { counts, total, groups: new Map(entriesOf(groups)) };
  });

function entriesOf<K extends string, V>(record: Partial<Record<K, V>>): [K, V][] {
  return (Object.entries(record) as [K, V | undefined][]).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value]],
  );
}

/** Outcome counts: baseline -> length penalty K -> model -> counts. */
export const pairwiseCounts = z.record(
  someName,
  z.record(
    z.string().regex(/^-?\d{1,9}$/, { error: 'must be a length penalty K, a whole number' }),
    z.record(someName, pairCounts),
  ),
);

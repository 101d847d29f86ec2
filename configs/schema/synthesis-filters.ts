import { z } from 'zod';
import { BASE_RULES, FILTER_PRESET_NAMES, FILTER_PRESETS } from '../../domain/synthesis/filter-presets.ts';
import type { FilterRule } from '../../domain/synthesis/filter-rule.ts';
import type { RowSelection } from '../../domain/synthesis/row-selection.ts';
import { DIFFICULTIES, INPUT_QUALITIES } from '../../domain/synthesis/synthesis-row.ts';
import { TASK_CATEGORY_NAMES } from '../../domain/synthesis/task-categories.ts';

const share = z.number().min(0).max(1);
const categories = z.array(z.enum(TASK_CATEGORY_NAMES)).min(1);
const chars = {
  min: z.int().min(0).default(0).describe('fewest characters'),
  max: z.int().min(1).default(1_000_000).describe('most characters'),
};
const plain = <Kind extends string>(kind: Kind) => z.strictObject({ kind: z.literal(kind) });

/** One condition that a row has to meet; a tag or a reward that could not be had meets none. */
export const filterRule = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('quality'), atLeast: z.enum(INPUT_QUALITIES) }),
    z.strictObject({ kind: z.literal('difficulty'), atLeast: z.enum(DIFFICULTIES) }),
    z.strictObject({ kind: z.literal('category'), in: categories }),
    z.strictObject({
      kind: z.literal('language'),
      in: z.array(z.string().min(2)).min(1).describe('ISO 639-1 codes'),
    }),
    plain('safe'),
    z.strictObject({
      kind: z.literal('neighbour-distance'),
      above: z.number().min(0).max(2).default(0).describe('cosine distance, or 1 - Jaccard; 0: exact copies alone'),
    }),
    plain('no-repeats'),
    plain('no-trailing-colon'),
    plain('user-voiced'),
    z.strictObject({
      kind: z.literal('query-lines'),
      newlinesBelow: z.int().min(1),
      exceptCategories: z.array(z.enum(TASK_CATEGORY_NAMES)).default([]),
    }),
    z.strictObject({ kind: z.literal('query-chars'), ...chars }),
    plain('reply-whole'),
    z.strictObject({
      kind: z.literal('reply-loops'),
      maxRepeatedShare: share.default(0.3).describe('largest share of word 6-grams that came before'),
      maxLoopShare: share.default(0.25).describe('largest share of the reply that one passage takes, over and over'),
    }),
    plain('no-refusal'),
    z.strictObject({ kind: z.literal('reply-chars'), ...chars }),
    z
      .strictObject({
        kind: z.literal('reward'),
        above: z.number().optional().describe('exclusive'),
        atLeast: z.number().optional().describe('inclusive'),
      })
      .refine(({ above, atLeast }) => above !== undefined || atLeast !== undefined, {
        error: 'needs "above" or "atLeast"',
      }),
    z.strictObject({ kind: z.literal('reward-difference'), above: z.number().default(0).describe('exclusive') }),
  ])
  .refine((rule) => !('min' in rule) || rule.min <= rule.max, { error: 'must not be above max', path: ['min'] });

/** Which rows become the dataset. */
export const synthesisFilters = z.strictObject({
  preset: z
    .enum(FILTER_PRESET_NAMES)
    .nullable()
    .default(null)
    .describe('a published filter by name, its final selection included; needs the tags and rewards that it looks at'),
  rules: z
    .array(filterRule)
    .default(() => BASE_RULES.map((rule) => ({ ...rule })))
    .describe(
      'conditions beside those of the preset; [] for its own alone; where the longest replies are taken, reply-whole is needed',
    ),
  select: z
    .strictObject({
      take: z
        .enum(['first', 'longest'])
        .describe('longest: the rows with the longest replies, as Magpie does; it rewards long-windedness'),
      oversample: z
        .number()
        .min(1)
        .max(100)
        .default(2)
        .describe('rows to keep for each row of the dataset; longest chooses among them'),
    })
    .optional()
    .describe('how the dataset is taken out of the rows that were kept; default: as the preset does, else the first'),
});

export type SynthesisFilters = z.infer<typeof synthesisFilters>;

/** Rows that are kept for each row of the dataset where a preset chooses the longest and the config does not say. */
const PRESET_OVERSAMPLE = 2;

/** All conditions, the preset's first, each once. */
export function rulesOf({ preset, rules }: SynthesisFilters): readonly FilterRule[] {
  const all: readonly FilterRule[] = [...(preset === null ? [] : FILTER_PRESETS[preset].rules), ...rules];
  const seen = new Set<string>();
  return all.filter((rule) => {
    const key = JSON.stringify(rule);
    return !seen.has(key) && seen.add(key);
  });
}

/** How the dataset is taken out of the rows that were kept. */
export function selectionOf({ preset, select }: SynthesisFilters): RowSelection {
  const published: Pick<RowSelection, 'take' | 'mix'> =
    preset === null ? { take: 'first' } : FILTER_PRESETS[preset].selection;
  const take = select?.take ?? published.take;
  const oversample = select?.oversample ?? (take === 'longest' ? PRESET_OVERSAMPLE : 1);
  return { take, oversample, ...(published.mix === undefined ? {} : { mix: published.mix }) };
}

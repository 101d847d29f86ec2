import type { FilterRule } from './filter-rule.ts';
import type { RowSelection } from './row-selection.ts';

/** A published filter. */
export interface FilterPreset {
  /** Rows of the published set, where one is stated. */
  readonly publishedRows: number | null;
  readonly rules: readonly FilterRule[];
  readonly selection: Pick<RowSelection, 'take' | 'mix'>;
}

const LONGEST = { take: 'longest' } as const;
const CODING = 'Coding & Debugging';

/** Magpie's thresholds of the reward (tau 1) and of the reward difference (tau 2). */
const REWARD = { kind: 'reward', above: -12 } as const;
const CARD_REWARD = { kind: 'reward', atLeast: -10 } as const;
const DIFFERENCE = { kind: 'reward-difference', above: 0 } as const;
const APART = { kind: 'neighbour-distance', above: 0 } as const;
/** What every card of a released set adds to the table of the paper. */
const CARDS = [{ kind: 'no-repeats' }, { kind: 'no-trailing-colon' }] as const satisfies readonly FilterRule[];

const quality = (atLeast: 'average' | 'good') => ({ kind: 'quality', atLeast }) as const;
const difficulty = (atLeast: 'easy' | 'medium') => ({ kind: 'difficulty', atLeast }) as const;

/**
 * The published filters by name: the table of the paper, and what the cards of the released sets and the notebook say,
 * which is not the same. Where only a part of a card could be read, the preset has that part.
 *
 * @source Magpie (arXiv 2406.08464) appendix C, table 5; cards of its data sets; its data_filter notebook
 */
export const FILTER_PRESETS = {
  'air-filter': preset(300_000, [quality('good'), difficulty('medium'), APART, DIFFERENCE], LONGEST),
  'pro-filter1': preset(300_000, [quality('average'), APART, REWARD], LONGEST),
  'pro-filter2': preset(300_000, [quality('good'), difficulty('easy'), APART, REWARD], LONGEST),
  'pro-filter3': preset(300_000, [APART, REWARD], LONGEST),
  'pro-filter4': preset(300_000, [quality('good'), difficulty('easy'), APART, DIFFERENCE], LONGEST),
  'pro-filter5': preset(338_000, [quality('good'), difficulty('easy'), APART, REWARD], { take: 'first' }),
  'pro-filter6': preset(200_000, [difficulty('easy'), APART, REWARD], {
    take: 'longest',
    mix: [
      { difficulties: ['easy'], share: 0.5 },
      { difficulties: ['medium', 'hard', 'very hard'], share: 0.5 },
    ],
  }),
  'air-300k-card': preset(300_000, [quality('good'), difficulty('medium'), ...CARDS], LONGEST),
  'pro-300k-card': preset(300_000, [quality('average'), CARD_REWARD, ...CARDS], LONGEST),
  'pro-mt-card': preset(300_000, [quality('good'), difficulty('easy'), ...CARDS], LONGEST),
  'llama-3.1-pro-mt-card': preset(
    500_000,
    [quality('good'), { kind: 'query-lines', newlinesBelow: 5, exceptCategories: [CODING] }, ...CARDS],
    LONGEST,
  ),
  'qwen2-pro-notebook': preset(300_000, [quality('good'), { kind: 'reward', above: -10 }, ...CARDS], LONGEST),
  'qwen2-chinese-200k-card': preset(
    200_000,
    [quality('average'), CARD_REWARD, { kind: 'language', in: ['zh'] }, ...CARDS],
    LONGEST,
  ),
} as const satisfies Readonly<Record<string, FilterPreset>>;

export type FilterPresetName = keyof typeof FILTER_PRESETS;

/** The names, in order. */
export const FILTER_PRESET_NAMES = Object.keys(FILTER_PRESETS) as readonly FilterPresetName[];

/** What is asked of every row where a config does not say otherwise: it costs no model call. */
export const BASE_RULES = [
  ...CARDS,
  { kind: 'reply-whole' },
  { kind: 'reply-loops', maxRepeatedShare: 0.3, maxLoopShare: 0.25 },
] as const satisfies readonly FilterRule[];

function preset(
  publishedRows: number,
  rules: readonly FilterRule[],
  selection: FilterPreset['selection'],
): FilterPreset {
  return { publishedRows, rules, selection };
}

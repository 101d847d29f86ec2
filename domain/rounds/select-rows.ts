import type { PreferencePair } from '../preference-pair.ts';
import type { PromptRow } from '../prompt.ts';
import type { SelectionCounts, TrainingRowKind } from '../run.ts';
import { keepLargestGaps } from './keep-largest-gaps.ts';
import { REWARD_ROUNDING, type RewardedGroup } from './reward-group.ts';
import { selectAnswers, type AnswerOptions, type ChosenAnswer, type NoAnswerReason } from './select-answers.ts';
import { selectGroup, type NoGroupReason, type RewardedTokens } from './select-groups.ts';
import { selectPairs, type NoPairReason, type PairOptions } from './select-pairs.ts';

/** How judged groups become what a round trains on. */
export type RowRule =
  | ({ readonly kind: 'pairs'; readonly keepLargestGaps: number } & PairOptions)
  | { readonly kind: 'groups'; readonly keepsFlat: boolean }
  | ({ readonly kind: 'answers' } & AnswerOptions);

/** A row of one of the three kinds. */
export type TrainingRow = PreferencePair | RewardedTokens | ChosenAnswer;

/** What the groups of a round came to. */
export interface SelectedRows {
  readonly rows: readonly TrainingRow[];
  readonly counts: Omit<SelectionCounts, 'extraPrompts' | 'itemsJudged' | 'itemsSaturated' | 'thinned'>;
}

/** What one prompt gives, or why it gives nothing. */
export interface SelectedOfPrompt {
  readonly rows: readonly TrainingRow[];
  readonly duplicates: number;
  readonly reason?: NoPairReason | NoGroupReason | NoAnswerReason;
}

type GroupOfPrompt = readonly [PromptRow, RewardedGroup];

/** Selects from one group. */
export function selectOfPrompt(rule: RowRule, prompt: PromptRow, group: RewardedGroup): SelectedOfPrompt {
  switch (rule.kind) {
    case 'pairs': {
      const { pairs, ...reason } = selectPairs(prompt, group, rule);
      return { rows: pairs, duplicates: 0, ...reason };
    }
    case 'groups': {
      const { group: kept, ...reason } = selectGroup(prompt, group, rule);
      return { rows: kept === undefined ? [] : [kept], duplicates: 0, ...reason };
    }
    case 'answers': {
      const { answers, ...rest } = selectAnswers(prompt, group, rule);
      return { rows: answers, ...rest };
    }
  }
}

/** How many prompts give something to train on. */
export function countPromptsWithRows(rule: RowRule, groups: readonly GroupOfPrompt[]): number {
  return groups.filter(([prompt, group]) => selectOfPrompt(rule, prompt, group).rows.length > 0).length;
}

/** What all groups of a round give, with a count for every prompt and row that is left out. */
export function selectRows(rule: RowRule, groups: readonly GroupOfPrompt[]): SelectedRows {
  const selected = groups.map(([prompt, group]) => selectOfPrompt(rule, prompt, group));
  const found = selected.flatMap(({ rows }) => rows);
  const isFlat = rule.kind === 'groups' && haveEqualRewards(found as readonly RewardedTokens[]);
  const kept = isFlat ? [] : found;
  const rows = rule.kind === 'pairs' ? keepLargestGaps(kept as PreferencePair[], rule.keepLargestGaps) : kept;
  const because = (wanted: SelectedOfPrompt['reason']) => selected.filter(({ reason }) => reason === wanted).length;
  const kind: TrainingRowKind = rule.kind;
  return {
    rows,
    counts: {
      kind,
      prompts: groups.length,
      promptsUsed: new Set(rows.map(({ promptId }) => promptId)).size,
      rows: rows.length,
      allEqual: because('all-equal') + (found.length - kept.length),
      marginTooSmall: because('margin-too-small'),
      tooUnequalLength: because('too-unequal-length'),
      tooFewJudged: because('too-few-judged'),
      noneGoodEnough: because('none-good-enough'),
      gapsTooSmall: kept.length - rows.length,
      duplicates: selected.reduce((sum, { duplicates }) => sum + duplicates, 0),
    },
  };
}

/** Groups that were kept although each is flat teach against the mean of the round; where that is flat too, nothing. */
function haveEqualRewards(groups: readonly RewardedTokens[]): boolean {
  const rewards = groups.flatMap(({ completions }) => completions.flatMap(({ reward }) => reward ?? []));
  return rewards.every((reward) => Math.abs(reward - (rewards[0] ?? 0)) <= REWARD_ROUNDING);
}

import type { RowRule } from '../domain/rounds/select-rows.ts';
import type { OnlineDpoConfig } from './schema/online-dpo.ts';

/** How the judged groups of a round become what its method trains on; without training, preference pairs. */
export function rowRule({ training, selection }: OnlineDpoConfig): RowRule {
  switch (training?.method) {
    case undefined:
    case 'dpo': {
      const { minMargin, maxPairsPerPrompt, maxLengthRatio, keepLargestGaps } = selection;
      return { kind: 'pairs', minMargin, maxPairsPerPrompt, maxLengthRatio, keepLargestGaps };
    }
    case 'grpo':
    case 'dr-grpo':
    case 'rloo':
      return { kind: 'groups', keepsFlat: false };
    case 'reinforce':
      return { kind: 'groups', keepsFlat: training?.allEqual === 'keep' };
    case 'rest-em': {
      const { minReward, maxAnswersPerPrompt } = training;
      return { kind: 'answers', minReward, maxAnswersPerPrompt };
    }
  }
}

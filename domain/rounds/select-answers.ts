import type { ChatMessage, PromptRow } from '../prompt.ts';
import { REWARD_ROUNDING, type RewardedGroup } from './reward-group.ts';
import { requireSameOrigin } from './select-pairs.ts';

/** Which answers are imitated. */
export interface AnswerOptions {
  /** Smallest reward of an answer, in (0, 1]. */
  readonly minReward: number;
  readonly maxAnswersPerPrompt: number;
}

/** Why a prompt gave no answer to imitate. */
export type NoAnswerReason = 'none-good-enough' | 'too-few-judged';

/** A row for supervised training, with the trainer's field names. */
export interface ChosenAnswer {
  readonly promptId: string;
  readonly prompt: readonly ChatMessage[];
  readonly completion: readonly ChatMessage[];
  readonly sampleIndex: number;
  readonly reward: number;
  /** `policyStamp` of the policy that wrote it. */
  readonly policy: string;
}

/**
 * The best answers to a prompt, each text once, at most so many, so that easy prompts don't crowd out the others. Answers
 * that were cut off or are empty are never imitated. Ties go by sample index.
 *
 * @source ReST-EM (arXiv 2312.06585): filter by reward, with a cap on the solutions of one problem
 */
export function selectAnswers(
  prompt: PromptRow,
  group: RewardedGroup,
  { minReward, maxAnswersPerPrompt }: AnswerOptions,
): { readonly answers: readonly ChosenAnswer[]; readonly duplicates: number; readonly reason?: NoAnswerReason } {
  requireSameOrigin(prompt, group);
  const judged = group.rollouts_G.filter(({ reward }) => reward !== null);
  const good = judged
    .flatMap(({ outcome, reward, sampleIndex, policy }) =>
      outcome.ok &&
      outcome.finishReason === 'stop' &&
      outcome.text.trim() !== '' &&
      reward !== null &&
      reward + REWARD_ROUNDING >= minReward
        ? [{ text: outcome.text, reward, sampleIndex, policy }]
        : [],
    )
    .toSorted((a, b) => b.reward - a.reward || a.sampleIndex - b.sampleIndex);
  const byText = new Map(good.toReversed().map((answer) => [normalize(answer.text), answer]));
  const distinct = good.filter((answer) => byText.get(normalize(answer.text)) === answer);
  const duplicates = good.length - distinct.length;
  if (distinct.length === 0) {
    return { answers: [], duplicates, reason: judged.length === 0 ? 'too-few-judged' : 'none-good-enough' };
  }
  return {
    answers: distinct.slice(0, maxAnswersPerPrompt).map(({ text, reward, sampleIndex, policy }) => ({
      promptId: prompt.promptId,
      prompt: prompt.messages,
      completion: [{ role: 'assistant', content: text }],
      sampleIndex,
      reward,
      policy,
    })),
    duplicates,
  };
}

/** Texts that differ in case or blanks only are one text. */
function normalize(text: string): string {
  return text.trim().replaceAll(/\s+/gu, ' ').toLowerCase();
}

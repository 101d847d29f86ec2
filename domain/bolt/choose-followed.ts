import { spreadEvenly } from '../report/spread-evenly.ts';
import type { BoltPrompt } from './bolt-query.ts';

/** Queries that every policy version answers: enough to find one with a pair, few enough to cost little. */
const FOLLOWED = 4;

/**
 * Queries to follow through all stages: those with a chosen response and a checklist first, then others that can be
 * judged, then any.
 */
export function chooseFollowed(
  prompts: readonly BoltPrompt[],
  chosen: readonly { readonly promptId: string }[],
): readonly BoltPrompt[] {
  const hasRow = new Set(chosen.map(({ promptId }) => promptId));
  const isJudged = ({ checklist }: BoltPrompt) => checklist.length > 0;
  const tiers = [
    prompts.filter((prompt) => hasRow.has(prompt.promptId) && isJudged(prompt)),
    prompts.filter((prompt) => !hasRow.has(prompt.promptId) && isJudged(prompt)),
    prompts.filter((prompt) => !isJudged(prompt)),
  ];
  const [best = []] = tiers.filter((tier) => tier.length > 0);
  return spreadEvenly(best, FOLLOWED);
}

import type { ReportCalls } from './report-base.ts';

/** Calls of a loop a prompt, beside the most that its paper's formula asks for. */
export interface CallBudget {
  readonly prompts: number;
  /** Calls sent for answers, checklists and the verdicts that steer; those that measure are left out. */
  readonly sent: number;
  /** sent / prompts; `null` without prompts. */
  readonly perPrompt: number | null;
  /** By the formula, for the mean number of items. */
  readonly formula: number | null;
  /** K: mean items of a checklist; `null` without checklists. */
  readonly items: number | null;
  /** V: readings of an item, over all judges. */
  readonly votes: number;
  /** T or N. */
  readonly size: number;
}

/** What a budget is made of. */
export interface BudgetFacts {
  readonly calls: readonly ReportCalls[];
  readonly prompts: number;
  /** Items of each prompt's checklist. */
  readonly itemCounts: readonly number[];
  readonly votes: number;
  readonly size: number;
}

/**
 * Self-refinement: a checklist, an answer, and T times K verdicts of V votes and a rewrite.
 *
 * @source TICK (arXiv 2410.03608) §4.1; 1 + 1 + T (K V + 1) is our count of its steps
 */
export function refineBudget(facts: BudgetFacts): CallBudget {
  return budget(facts, /^(?:data\/prompts\/|answer\/(?!gold)|refine\/turn-\d+\/(?!gold))/, (items) => {
    return 1 + 1 + facts.size * (items * facts.votes + 1);
  });
}

/**
 * Best-of-N: N answers, a checklist, and K verdicts of V votes for each answer.
 *
 * @source TICK (arXiv 2410.03608) §4.2; N + 1 + N K V is our count of its steps
 */
export function bestOfNBudget(facts: BudgetFacts): CallBudget {
  return budget(facts, /^(?:data\/prompts\/|candidates\/(?:rollouts|judged)$)/, (items) => {
    return facts.size + 1 + facts.size * items * facts.votes;
  });
}

function budget(
  { calls, prompts, itemCounts, votes, size }: BudgetFacts,
  counted: RegExp,
  formulaOf: (items: number) => number,
): CallBudget {
  const sent = calls.filter(({ stage }) => counted.test(stage)).reduce((sum, entry) => sum + entry.sent, 0);
  const items = itemCounts.length === 0 ? null : itemCounts.reduce((sum, count) => sum + count, 0) / itemCounts.length;
  return {
    prompts,
    sent,
    perPrompt: prompts === 0 ? null : sent / prompts,
    formula: items === null ? null : formulaOf(items),
    items,
    votes,
    size,
  };
}

import type { PromptRow } from '../prompt.ts';
import type { JudgedGroup } from '../rollout.ts';

/** Items that the policy always meets have nothing left to teach. */
export interface SaturationCounts {
  /** Items with at least two verdicts in their group. */
  readonly itemsJudged: number;
  /** Of them, those that every answer meets. */
  readonly itemsSaturated: number;
}

/** Counts the items of judged groups that all answers meet. */
export function countSaturated(rows: readonly (readonly [PromptRow, JudgedGroup])[]): SaturationCounts {
  const verdicts = rows.flatMap(([{ checklist }, { rollouts_G }]) =>
    checklist.map((_, item) =>
      rollouts_G.flatMap(({ verdicts_I }) => {
        const answer = verdicts_I[item]?.answer;
        return answer === 'yes' || answer === 'no' ? [answer] : [];
      }),
    ),
  );
  const judged = verdicts.filter((answers) => answers.length >= 2);
  return {
    itemsJudged: judged.length,
    itemsSaturated: judged.filter((answers) => answers.every((answer) => answer === 'yes')).length,
  };
}

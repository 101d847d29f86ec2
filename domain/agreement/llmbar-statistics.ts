import { cohenKappa } from './cohen-kappa.ts';
import { rateOf, type Rate } from './rate.ts';

/** Which output won, as output_1 or output_2 of the data set, or null where the reply could not be read. */
export type Winner = '1' | '2' | null;

/** One LLMBar instance judged in both orders; winners are already mapped back to the data set's order. */
export interface LlmbarJudgment {
  /** The better output. */
  readonly label: 1 | 2;
  readonly asGiven: Winner;
  readonly swapped: Winner;
}

/** A judge's agreement with LLMBar's labels; "False" and "True" are upstream's `swap`. */
export interface LlmbarStatistics {
  readonly correctFalse: Rate;
  readonly correctTrue: Rate;
  /** Over both orders. */
  readonly correctAverage: Rate;
  readonly correctBoth: Rate;
  /** Instances with the same winner in both orders; two unreadable replies count as equal, as upstream. */
  readonly equal: Rate;
  /** Replies with no readable winner, of both orders. They count as wrong, as upstream. */
  readonly unparsed: number;
  /** As upstream prints them: see `upstreamCode`. */
  readonly upstreamKappa: LlmbarKappas;
  /** Of winners and labels as they are, over the instances with a readable winner. */
  readonly kappa: LlmbarKappas;
}

/** Cohen's kappa with the labels in either order, their mean, and of the two orders with each other. */
export interface LlmbarKappas {
  readonly asGiven: number | null;
  readonly swapped: number | null;
  readonly average: number | null;
  readonly agreement: number | null;
}

/**
 * Statistics of one judge on LLMBar.
 *
 * @source LLMBar (arXiv 2310.07641), `LLMEvaluator/evaluate.py` of its repository
 */
export function llmbarStatistics(judgments: readonly LlmbarJudgment[]): LlmbarStatistics {
  const count = (holds: (judgment: LlmbarJudgment) => boolean): number => judgments.filter(holds).length;
  const isRight = (winner: Winner, { label }: LlmbarJudgment): boolean => winner === String(label);
  const rightFalse = count((judgment) => isRight(judgment.asGiven, judgment));
  const rightTrue = count((judgment) => isRight(judgment.swapped, judgment));
  const total = judgments.length;
  return {
    correctFalse: rateOf(rightFalse, total),
    correctTrue: rateOf(rightTrue, total),
    correctAverage: rateOf(rightFalse + rightTrue, 2 * total),
    correctBoth: rateOf(
      count((judgment) => isRight(judgment.asGiven, judgment) && isRight(judgment.swapped, judgment)),
      total,
    ),
    equal: rateOf(
      count(({ asGiven, swapped }) => asGiven === swapped),
      total,
    ),
    unparsed: judgments.flatMap(({ asGiven, swapped }) => [asGiven, swapped]).filter((winner) => winner === null)
      .length,
    upstreamKappa: kappas(judgments, upstreamCode),
    kappa: kappas(judgments, (winner) => (winner === null ? null : Number(winner))),
  };
}

/**
 * Upstream keeps a winner only if it is "0" or "1" and takes all else for 0, though winners are "1" or "2"; the labels stay
 * 1 and 2. A right "2" is thus a disagreement, which is why its kappas with the labels are so low.
 */
function upstreamCode(winner: Winner): number {
  return winner === '1' ? 1 : 0;
}

function kappas(judgments: readonly LlmbarJudgment[], code: (winner: Winner) => number | null): LlmbarKappas {
  const kappaOf = (codes: (judgment: LlmbarJudgment) => readonly [number | null, number | null]): number | null =>
    cohenKappa(judgments.map(codes).filter((pair): pair is readonly [number, number] => !pair.includes(null)));
  const asGiven = kappaOf((judgment) => [code(judgment.asGiven), judgment.label]);
  const swapped = kappaOf((judgment) => [code(judgment.swapped), judgment.label]);
  return {
    asGiven,
    swapped,
    average: asGiven === null || swapped === null ? null : (asGiven + swapped) / 2,
    agreement: kappaOf((judgment) => [code(judgment.asGiven), code(judgment.swapped)]),
  };
}

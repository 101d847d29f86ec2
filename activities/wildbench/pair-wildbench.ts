import type { ActivityProgress } from '../../domain/activity-progress.ts';
import type { RolloutCounts } from '../../domain/run.ts';
import {
  parsePairReply,
  renderPairPrompt,
  seatsModelAtA,
  type PairVerdict,
} from '../../domain/wildbench/judge-pair.ts';
import type { AnswerPair } from '../../domain/wildbench/judgments.ts';
import type { ConformanceMode } from '../../domain/wildbench/mode.ts';
import type { PairChoice } from '../../domain/wildbench/outcome.ts';
import { readPairReasons } from '../../domain/wildbench/read-pair-reasons.ts';
import { PAIR_REPLY_SCHEMA } from '../../domain/wildbench/reply-schema.ts';
import type { WildBenchTask } from '../../domain/wildbench/task.ts';
import type { JudgeCalls } from '../judging/judge-calls.ts';
import type { RunServices } from '../run-services.ts';
import type { Answers } from './answers.ts';
import { askForJudgment, makeJudgments, readWildbenchTemplate } from './judging.ts';
import type { WildbenchJudgeSeat } from './seats.ts';

/** Answers to be compared with those of baselines, and how. */
export interface PairingPlan {
  /** Name of the artifact that the pairs are for: their ledger goes by it. */
  readonly scope: string;
  /** Seed of the run: seats and calls depend on it. */
  readonly seed: number;
  readonly judges: readonly WildbenchJudgeSeat[];
  readonly mode: ConformanceMode;
  readonly maxWords: number;
  readonly bothOrders: boolean;
  readonly policy: string;
  readonly tasks: readonly WildBenchTask[];
  readonly answers: Answers;
  readonly baselines: readonly { readonly name: string; readonly answers: Answers }[];
  /** What the same activity had done before: its heartbeats go on from there. */
  readonly earlier?: ActivityProgress;
}

/** One pair in one order. */
interface Seating {
  readonly task: WildBenchTask;
  readonly baseline: string;
  readonly modelIsA: boolean;
  readonly own: string;
  readonly other: string;
}

/** Compares answers by every judge; a task that either side has no answer to gets no row. */
export async function pairWildbench(
  services: RunServices,
  plan: PairingPlan,
): Promise<{ readonly rows: readonly AnswerPair[]; readonly counts: RolloutCounts }> {
  const template = await readWildbenchTemplate('wildbench-pair');
  const seatings = plan.baselines.flatMap((baseline) => plan.tasks.flatMap((task) => seatPair(plan, baseline, task)));
  const asks = plan.judges.flatMap((judge) =>
    seatings.map((seating) => (calls: JudgeCalls) => judgePair(calls, judge, plan, template, seating)),
  );
  return makeJudgments(services, plan.scope, asks, plan.earlier);
}

function seatPair(
  { seed, policy, bothOrders, answers }: PairingPlan,
  baseline: PairingPlan['baselines'][number],
  task: WildBenchTask,
): readonly Seating[] {
  const own = answers.get(task.sessionId);
  const other = baseline.answers.get(task.sessionId);
  if (own === undefined || other === undefined) return [];
  const first = seatsModelAtA(seed, task.sessionId, policy, baseline.name);
  return (bothOrders ? [first, !first] : [first]).map((modelIsA) => ({
    task,
    baseline: baseline.name,
    modelIsA,
    own,
    other,
  }));
}

async function judgePair(
  calls: JudgeCalls,
  seat: WildbenchJudgeSeat,
  { seed, mode, maxWords, policy }: PairingPlan,
  template: string,
  { task, baseline, modelIsA, own, other }: Seating,
): Promise<AnswerPair> {
  const shown = modelIsA ? { a: own, b: other } : { a: other, b: own };
  const { prompt, answerA, answerB } = renderPairPrompt(template, task, shown, maxWords);
  const [model, against] = modelIsA ? [answerA, answerB] : [answerB, answerA];
  const base = {
    sessionId: task.sessionId,
    judge: seat.name,
    baseline,
    modelIsA,
    lengthCharsModel: model.lengthChars,
    lengthCharsBaseline: against.lengthChars,
    truncated: model.truncated || against.truncated,
    empty: model.empty || against.empty,
  };
  // Such a pair is dropped from the counts in both modes, so strictly nobody is paid for it.
  if (base.empty && mode === 'strict') {
    const choice = chooseWithoutJudge(answerA.empty, answerB.empty);
    return { ...base, choice, reasons: {}, by: 'code', unreadable: null, attempts: 0 };
  }
  const { verdict, text, finishReason, attempts } = await askForJudgment<PairVerdict>(calls, seat, seed, {
    promptId: task.sessionId,
    topic: ['pair', policy, baseline, modelIsA],
    template,
    content: prompt,
    schema: PAIR_REPLY_SCHEMA,
    read: (reply, reason) => parsePairReply(reply, reason, mode),
  });
  if (!verdict.ok) return { ...base, choice: null, reasons: {}, by: 'judge', unreadable: verdict.cause, attempts };
  const reasons = readPairReasons(text, finishReason, mode);
  return { ...base, choice: verdict.choice, reasons, by: 'judge', unreadable: null, attempts };
}

/** @source WildBench repository, src/eval.py: the side that says something wins by far, two empty ones are equal */
function chooseWithoutJudge(isEmptyA: boolean, isEmptyB: boolean): PairChoice {
  if (isEmptyA && isEmptyB) return 'A=B';
  return isEmptyA ? 'B++' : 'A++';
}

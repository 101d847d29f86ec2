import type { RolloutCounts } from '../../domain/run.ts';
import { parseScoreReply, renderScorePrompt, type ScoreVerdict } from '../../domain/wildbench/judge-score.ts';
import type { AnswerScore } from '../../domain/wildbench/judgments.ts';
import type { ConformanceMode } from '../../domain/wildbench/mode.ts';
import { SCORE_REPLY_SCHEMA } from '../../domain/wildbench/reply-schema.ts';
import type { WildBenchTask } from '../../domain/wildbench/task.ts';
import type { JudgeCalls } from '../judging/judge-calls.ts';
import type { RunServices } from '../run-services.ts';
import type { Answers } from './answers.ts';
import { askForJudgment, makeJudgments, readWildbenchTemplate } from './judging.ts';
import type { WildbenchJudgeSeat } from './seats.ts';

/** Answers to be scored, and how. */
export interface ScoringPlan {
  /** Name of the artifact that the scores are for: their ledger goes by it. */
  readonly scope: string;
  /** Seed of the run. */
  readonly seed: number;
  readonly judges: readonly WildbenchJudgeSeat[];
  readonly mode: ConformanceMode;
  /** Words of a text that the judge sees; negative: all. */
  readonly maxWords: number;
  /** Whose answers they are: seeds depend on it. */
  readonly policy: string;
  readonly tasks: readonly WildBenchTask[];
  readonly answers: Answers;
}

/** Scores answers by every judge; a task without an answer gets no row. Whoever has answers to tasks can call it. */
export async function scoreWildbench(
  services: RunServices,
  plan: ScoringPlan,
): Promise<{ readonly rows: readonly AnswerScore[]; readonly counts: RolloutCounts }> {
  const template = await readWildbenchTemplate('wildbench-score');
  const asks = plan.judges.flatMap((seat) =>
    plan.tasks.flatMap((task) => {
      const answer = plan.answers.get(task.sessionId);
      return answer === undefined
        ? []
        : [(calls: JudgeCalls) => scoreAnswer(calls, seat, plan, template, task, answer)];
    }),
  );
  return makeJudgments(services, plan.scope, asks);
}

async function scoreAnswer(
  calls: JudgeCalls,
  seat: WildbenchJudgeSeat,
  { seed, mode, maxWords, policy }: ScoringPlan,
  template: string,
  task: WildBenchTask,
  answer: string,
): Promise<AnswerScore> {
  const { prompt, answer: shown } = renderScorePrompt(template, task, answer, maxWords);
  const { lengthChars, truncated, empty } = shown;
  const base = { sessionId: task.sessionId, judge: seat.name, lengthChars, truncated, empty };
  const silent = { strengths: '', weaknesses: '' };
  // Upstream's batches show the judge an empty answer; strictly it is worth the lowest score, and no call.
  if (empty && mode === 'strict') {
    return { ...base, ...silent, score: 1, by: 'code', unreadable: null, attempts: 0 };
  }
  const { verdict, attempts } = await askForJudgment<ScoreVerdict>(calls, seat, seed, {
    promptId: task.sessionId,
    topic: ['score', policy],
    template,
    content: prompt,
    schema: SCORE_REPLY_SCHEMA,
    read: (text, finishReason) => parseScoreReply(text, finishReason, mode),
  });
  if (!verdict.ok) return { ...base, ...silent, score: null, by: 'judge', unreadable: verdict.cause, attempts };
  const { score, strengths, weaknesses } = verdict;
  return { ...base, score, strengths, weaknesses, by: 'judge', unreadable: null, attempts };
}

import { readFile, writeFile } from 'node:fs/promises';
import { answerRow, batchResult } from '../../configs/schema/wildbench-batch.ts';
import { wildBenchTask } from '../../configs/schema/wildbench-task.ts';
import { ConfigError, DataError } from '../../domain/errors.ts';
import { formatBatchRequest, readBatchResult, type BatchKey, type BatchReply } from '../../domain/wildbench/batch.ts';
import { parsePairReply, renderPairPrompt, seatsModelAtA } from '../../domain/wildbench/judge-pair.ts';
import { parseScoreReply, renderScorePrompt } from '../../domain/wildbench/judge-score.ts';
import { showAnswer } from '../../domain/wildbench/show-answer.ts';
import type { WildBenchTask } from '../../domain/wildbench/task.ts';
import type { Output } from '../output.ts';
import type { ModeFlags } from './options.ts';
import { readRows } from './read-rows.ts';

interface AnswerFlags {
  readonly answers: string;
  readonly model: string;
  readonly baselineAnswers?: string;
  readonly baseline?: string;
  readonly maxWords?: number;
  readonly out: string;
  readonly json?: boolean;
}

/** Flags of `wildbench batch-requests`. */
export interface RequestFlags extends AnswerFlags {
  readonly tasks: string;
  readonly judge: string;
  readonly maxTokens: number;
  readonly seed: number;
  readonly bothOrders?: boolean;
}

/** Flags of `wildbench batch-results`. */
export interface ResultFlags extends AnswerFlags, ModeFlags {
  readonly results: string;
}

type Answers = ReadonlyMap<string, string>;

/** The baseline of pairs; without one answers are scored. */
interface Baseline {
  readonly name: string;
  readonly answers: Answers;
}

/** Words of a text that the judge sees, as in the published judgments. */
const PAIR_WORDS = 1000;
const ALL_WORDS = -1;

/** Writes a request for each task (two with both orders); returns the exit code. @throws DataError, ConfigError */
export async function batchRequests(flags: RequestFlags, output: Output): Promise<number> {
  const answers = await readAnswers(flags.answers);
  const baseline = await readBaseline(flags);
  const template = await readTemplate(baseline === null ? 'wildbench-score' : 'wildbench-pair');
  const tasks = await readTasks(flags.tasks);
  const lines = tasks.flatMap((task) =>
    baseline === null
      ? scoreLines(task, answers, template, flags)
      : pairLines(task, answers, baseline, template, flags),
  );
  await write(flags.out, lines);
  output.line(`wrote ${lines.length} requests for ${tasks.length} tasks to ${flags.out}`);
  output.object({ requests: lines.length, tasks: tasks.length, out: flags.out });
  return 0;
}

/** Reads results into judgments; returns the exit code. @throws DataError, ConfigError */
export async function batchResults(flags: ResultFlags, output: Output): Promise<number> {
  const answers = await readAnswers(flags.answers);
  const baseline = await readBaseline(flags);
  const replies = (await readRows(flags.results, batchResult)).map(({ row }) => readBatchResult(row));
  const judged = replies.filter((reply) => reply.ok);
  const rows = judged.map((reply) => judgmentRow(reply, answers, baseline, flags));
  await write(
    flags.out,
    rows.map((row) => JSON.stringify(row)),
  );
  const seen = new Set(replies.map(({ key }) => key.sessionId));
  const counts = {
    judgments: rows.length,
    unreadable: rows.filter((row) => 'unreadable' in row).length,
    failed: replies.length - judged.length,
    missing: [...answers.keys()].filter((sessionId) => !seen.has(sessionId)).length,
  };
  output.line(
    `wrote ${counts.judgments} judgments to ${flags.out}, ${counts.unreadable} of them unreadable; ${counts.failed} requests failed, ${counts.missing} of ${answers.size} tasks have no result`,
  );
  output.object({ ...counts, out: flags.out });
  return 0;
}

function scoreLines(task: WildBenchTask, answers: Answers, template: string, flags: RequestFlags): string[] {
  const answer = answerOf(answers, task.sessionId, flags.answers);
  const { prompt } = renderScorePrompt(template, task, answer, flags.maxWords ?? ALL_WORDS);
  return [formatBatchRequest({ kind: 'score', sessionId: task.sessionId, model: flags.model }, prompt, flags)];
}

function pairLines(
  task: WildBenchTask,
  answers: Answers,
  baseline: Baseline,
  template: string,
  flags: RequestFlags,
): string[] {
  const { sessionId } = task;
  const model = { name: flags.model, answer: answerOf(answers, sessionId, flags.answers) };
  const other = {
    name: baseline.name,
    answer: answerOf(baseline.answers, sessionId, flags.baselineAnswers ?? ''),
  };
  const first = seatsModelAtA(flags.seed, sessionId, model.name, other.name);
  return (flags.bothOrders === true ? [first, !first] : [first]).map((modelIsA) => {
    const [a, b] = modelIsA ? [model, other] : [other, model];
    const answersShown = { a: a.answer, b: b.answer };
    const { prompt } = renderPairPrompt(template, task, answersShown, flags.maxWords ?? PAIR_WORDS);
    return formatBatchRequest({ kind: 'pair', sessionId, modelA: a.name, modelB: b.name }, prompt, flags);
  });
}

function judgmentRow(
  reply: Extract<BatchReply, { ok: true }>,
  answers: Answers,
  baseline: Baseline | null,
  flags: ResultFlags,
) {
  const { key, text, finishReason } = reply;
  requireOurs(key, baseline, flags);
  const words = flags.maxWords ?? (baseline === null ? ALL_WORDS : PAIR_WORDS);
  const own = showAnswer(answerOf(answers, key.sessionId, flags.answers), words);
  if (key.kind === 'score') {
    const verdict = parseScoreReply(text, finishReason, flags.mode);
    return {
      session_id: key.sessionId,
      score: verdict.ok ? verdict.score : null,
      n_chars: own.lengthChars,
      truncated: own.truncated,
      empty: own.empty,
      ...(verdict.ok
        ? { strengths: verdict.strengths, weaknesses: verdict.weaknesses, read_as: verdict.rung }
        : { unreadable: verdict.cause }),
    };
  }
  const other = showAnswer(
    answerOf(baseline?.answers ?? new Map(), key.sessionId, flags.baselineAnswers ?? '(none)'),
    words,
  );
  const verdict = parsePairReply(text, finishReason, flags.mode);
  return {
    session_id: key.sessionId,
    choice: verdict.ok ? verdict.choice : null,
    model_is_A: key.modelA === flags.model,
    n_chars_model: own.lengthChars,
    n_chars_baseline: other.lengthChars,
    truncated: own.truncated || other.truncated,
    empty: own.empty || other.empty,
    ...(verdict.ok ? { read_as: verdict.rung } : { unreadable: verdict.cause }),
  };
}

/** A result of other models must not pass for one of these. */
function requireOurs(key: BatchKey, baseline: Baseline | null, { model, results }: ResultFlags): void {
  const names = key.kind === 'score' ? [key.model] : [key.modelA, key.modelB].toSorted();
  const wanted = baseline === null ? [model] : [model, baseline.name].toSorted();
  if (names.join('\n') === wanted.join('\n')) return;
  throw new DataError(
    'data/invalid-row',
    `${results}: the result for task ${JSON.stringify(key.sessionId)} is of ${names.join(' and ')}, not of ${wanted.join(' and ')}; check --model and --baseline.`,
  );
}

async function readBaseline({ model, baseline, baselineAnswers }: AnswerFlags): Promise<Baseline | null> {
  if (baseline === undefined && baselineAnswers === undefined) return null;
  if (baseline === undefined || baselineAnswers === undefined || baseline === model) {
    throw new ConfigError(
      'config/invalid',
      'Pairs need both --baseline and --baseline-answers, and a baseline of another name than --model.',
    );
  }
  return { name: baseline, answers: await readAnswers(baselineAnswers) };
}

async function readAnswers(path: string): Promise<Answers> {
  return collectUnique((await readRows(path, answerRow)).map(({ where, row }) => [where, row.sessionId, row.answer]));
}

async function readTasks(path: string): Promise<readonly WildBenchTask[]> {
  const rows = await readRows(path, wildBenchTask);
  return [...collectUnique(rows.map(({ where, row }) => [where, row.sessionId, row])).values()];
}

function collectUnique<T>(rows: readonly (readonly [where: string, id: string, value: T])[]): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  for (const [where, id, value] of rows) {
    if (found.has(id)) {
      throw new DataError(
        'data/duplicate-prompt',
        `${where} repeats the task ${JSON.stringify(id)}: ids must be unique.`,
      );
    }
    found.set(id, value);
  }
  return found;
}

function answerOf(answers: Answers, sessionId: string, path: string): string {
  const answer = answers.get(sessionId);
  if (answer !== undefined) return answer;
  throw new DataError(
    'data/invalid-row',
    `${path} has no answer to task ${JSON.stringify(sessionId)}; add it, empty if there is none.`,
  );
}

async function readTemplate(name: 'wildbench-score' | 'wildbench-pair'): Promise<string> {
  return readFile(new URL(`../../prompts/${name}.md`, import.meta.url), 'utf8');
}

async function write(path: string, lines: readonly string[]): Promise<void> {
  await writeFile(path, lines.map((line) => `${line}\n`).join('')).catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigError('config/unreadable', `The file ${path} can't be written (${cause.code ?? cause.message}).`, {
      cause,
    });
  });
}

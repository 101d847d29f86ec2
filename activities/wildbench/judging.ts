import { readFile } from 'node:fs/promises';
import { cancellationSignal } from '@temporalio/activity';
import { hashJson, sha256Hex } from '../../clients/content-hash.ts';
import { addProgress, NOTHING_DONE, type ActivityProgress } from '../../domain/activity-progress.ts';
import type { JsonValue } from '../../domain/canonical-json.ts';
import type { FinishReason } from '../../domain/completion.ts';
import { callSeed } from '../../domain/random.ts';
import { NO_COUNTS, type RolloutCounts } from '../../domain/run.ts';
import { settleAll } from '../../domain/settle-all.ts';
import type { UnreadableCause } from '../../domain/wildbench/judge-reply.ts';
import { createCallBatch } from '../calls/call-batch.ts';
import { startHeartbeats } from '../heartbeats.ts';
import type { JudgeCalls, JudgeUsage } from '../judging/judge-calls.ts';
import { isRefused, payOnce, type RefusedCall } from '../calls/paid-calls.ts';
import type { RunServices } from '../run-services.ts';
import type { WildbenchJudgeSeat } from './seats.ts';

/** A verdict that could be read, or why not. */
type Verdict = { readonly ok: true } | { readonly ok: false; readonly cause: UnreadableCause };

/** One judgment to be made. */
export interface JudgmentAsk<Found extends Verdict> {
  readonly promptId: string;
  /** What apart from the task makes this judgment another one: its seeds depend on it. */
  readonly topic: readonly (string | number | boolean)[];
  /** Text of the template, for the key. */
  readonly template: string;
  readonly content: string;
  readonly schema: { readonly [key: string]: JsonValue };
  readonly read: (text: string, finishReason: FinishReason) => Found;
}

/** What came of it; `refused` is a call that the judge's server took for wrong, such as a prompt that is too long. */
export interface Judgment<Found extends Verdict> {
  readonly verdict: Found | { readonly ok: false; readonly cause: 'refused' };
  /** The judge's last words. */
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly attempts: number;
}

/** What the ledger keeps of one call. */
interface JudgeAnswer {
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

/** Reads a template of the judges. */
export function readWildbenchTemplate(name: 'wildbench-score' | 'wildbench-pair'): Promise<string> {
  return readFile(new URL(`../../prompts/${name}.md`, import.meta.url), 'utf8');
}

/**
 * Makes the judgments of one artifact through the ledger of its name, as many at once as the lanes of the judges let
 * through, and counts what they cost, earlier attempts included.
 */
export async function makeJudgments<Row extends { readonly unreadable: string | null }>(
  { ledgers }: RunServices,
  scope: string,
  tasks: readonly ((calls: JudgeCalls) => Promise<Row>)[],
  earlier: ActivityProgress = NOTHING_DONE,
): Promise<{ readonly rows: readonly Row[]; readonly counts: RolloutCounts }> {
  const signal = cancellationSignal();
  const usage: JudgeUsage = { calls: 0, promptTokens: 0, completionTokens: 0, reported: 0 };
  const progress = { done: 0, total: tasks.length };
  const stopHeartbeats = startHeartbeats(() => addProgress(earlier, { ...progress, ...usage }));
  const ledger = await ledgers.open(scope);
  const calls: JudgeCalls = { ledger, batch: createCallBatch(signal), signal, usage };
  try {
    const rows = await settleAll(
      tasks.map(async (task) => {
        const row = await task(calls);
        progress.done += 1;
        return row;
      }),
    );
    const { sent } = ledger.counts();
    const unreadable = rows.filter((row) => row.unreadable !== null).length;
    const counts: RolloutCounts = {
      ...NO_COUNTS,
      // A judgment is no yes or no; what a limit looks at is how many could not be read.
      yes: rows.length - unreadable,
      unparsed: unreadable,
      judgeCalls: sent,
      judgePromptTokens: usage.promptTokens,
      judgeCompletionTokens: usage.completionTokens,
      unreportedUsage: sent - usage.reported,
    };
    return { rows, counts };
  } finally {
    stopHeartbeats();
    await ledger.close();
  }
}

/** Asks a judge until its reply can be read, or its attempts are over. */
export async function askForJudgment<Found extends Verdict>(
  calls: JudgeCalls,
  seat: WildbenchJudgeSeat,
  runSeed: number,
  ask: JudgmentAsk<Found>,
): Promise<Judgment<Found>> {
  const { attempts, temperature, retryTemperature } = seat.config;
  for (let attempt = 0; ; attempt += 1) {
    const answer = await askOnce(calls, seat, ask, {
      seed: callSeed({
        seed: runSeed,
        stage: JSON.stringify(['wildbench', seat.name, ...ask.topic]),
        round: 0,
        promptId: ask.promptId,
        sampleIndex: attempt,
      }),
      // At 0 the same unreadable words would come back.
      temperature: attempt === 0 ? temperature : Math.max(temperature, retryTemperature),
    });
    countUsage(calls.usage, answer);
    if (isRefused(answer)) {
      return { verdict: { ok: false, cause: 'refused' }, text: '', finishReason: 'error', attempts: attempt + 1 };
    }
    const { text, finishReason } = answer;
    const verdict = ask.read(text, finishReason);
    if (verdict.ok || attempt + 1 >= attempts) return { verdict, text, finishReason, attempts: attempt + 1 };
  }
}

function askOnce<Found extends Verdict>(
  { ledger, batch, signal }: JudgeCalls,
  { config, model, lane }: WildbenchJudgeSeat,
  { template, content, schema }: JudgmentAsk<Found>,
  { seed, temperature }: { readonly seed: number; readonly temperature: number },
): Promise<JudgeAnswer | RefusedCall> {
  const { topP, maxTokens, structuredOutput } = config;
  const fields = { temperature, topP, maxTokens, ...(structuredOutput ? { jsonSchema: schema } : {}) };
  const key = hashJson({
    endpoint: 'wildbench-judge',
    model: config.model,
    template: sha256Hex(template),
    content,
    seed,
    ...fields,
  });
  const call = async (): Promise<JudgeAnswer> => {
    const reply = await model.ask({ messages: [{ role: 'user', content }], seed, ...fields }, signal);
    return {
      text: reply.text,
      finishReason: reply.finishReason,
      promptTokens: reply.usage.promptTokens ?? null,
      completionTokens: reply.usage.completionTokens ?? null,
    };
  };
  return lane(() => batch.run(() => payOnce(ledger, key, call)));
}

function countUsage(usage: JudgeUsage, answer: JudgeAnswer | RefusedCall): void {
  usage.calls += 1;
  if (isRefused(answer)) return;
  usage.promptTokens += answer.promptTokens ?? 0;
  usage.completionTokens += answer.completionTokens ?? 0;
  if (answer.promptTokens !== null && answer.completionTokens !== null) usage.reported += 1;
}

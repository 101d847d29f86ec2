import type { SamplingParameters } from '../../clients/model-server.ts';
import type { JsonValue } from '../../domain/canonical-json.ts';
import type { FinishReason } from '../../domain/completion.ts';
import type { ChatMessage } from '../../domain/prompt.ts';
import type { Turn, TurnFault, TurnReply } from '../../domain/skillmix/result.ts';
import { isRefused, type RefusedCall } from '../calls/paid-calls.ts';
import { askTeacher, type TeacherCalls } from './teacher-calls.ts';
import type { WriterAnswer } from '../calls/writer-calls.ts';

/** What the turns of one pair share. */
export interface TurnCalls {
  readonly teacher: TeacherCalls;
  readonly attempts: number;
  readonly sampling: SamplingParameters;
  /** Seed of the n-th reply of a turn. */
  readonly seedOf: (turn: Turn, sampleIndex: number) => number;
  readonly log: (reply: TurnReply) => void;
}

/** What was read of a reply. */
export type TurnReading<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly fault: TurnFault };

/** One turn to be had. */
export interface TurnTask<Value> {
  readonly messages: readonly ChatMessage[];
  readonly maxTokens: number;
  readonly jsonSchema?: { readonly [key: string]: JsonValue };
  /** Whether the turn was asked for before, with other seeds. */
  readonly isSecond?: boolean;
  readonly read: (text: string, finishReason: FinishReason) => TurnReading<Value>;
  /** Asks for a cut reply once more, shorter; absent where it is drawn anew instead. */
  readonly rewritePrompt?: string;
  readonly readRewrite?: (text: string, finishReason: FinishReason, cut: string) => TurnReading<Value>;
}

export type TurnOutcome<Value> =
  | { readonly ok: true; readonly value: Value; readonly seed: number }
  | { readonly ok: false; readonly fault: TurnFault };

/** Another seed would not change what the server or the combination does not allow. */
const FINAL_FAULTS: ReadonlySet<TurnFault> = new Set(['call-refused', 'too-long', 'cannot-combine']);

/** Seeds of one turn: two for each attempt, and as many again for a second asking. */
const MOST_ATTEMPTS = 8;

/** Asks for a turn until it can be read, each time with a new seed; a cut reply is first asked for once more, shorter. */
export async function askTurn<Value>(calls: TurnCalls, turn: Turn, task: TurnTask<Value>): Promise<TurnOutcome<Value>> {
  let fault: TurnFault = 'empty';
  for (let attempt = 0; attempt < calls.attempts; attempt += 1) {
    const index = 2 * (attempt + (task.isSecond === true ? MOST_ATTEMPTS : 0));
    const first = await askOnce(calls, turn, { ...task, attempt, seed: calls.seedOf(turn, index), isRewrite: false });
    const cut = !first.reading.ok && first.reading.fault === 'cut' ? first.text : null;
    const { readRewrite, rewritePrompt } = task;
    const reply =
      cut !== null && rewritePrompt !== undefined && readRewrite !== undefined
        ? await askOnce(calls, turn, {
            ...task,
            attempt,
            seed: calls.seedOf(turn, index + 1),
            isRewrite: true,
            messages: [...task.messages, { role: 'assistant', content: cut }, { role: 'user', content: rewritePrompt }],
            read: (text, finishReason) => readRewrite(text, finishReason, cut),
          })
        : first;
    if (reply.reading.ok) return { ok: true, value: reply.reading.value, seed: reply.seed };
    fault = reply.reading.fault;
    // A cut reply that leaves no room for its rewrite may be shorter by itself the next time.
    if (FINAL_FAULTS.has(fault) && reply === first) break;
  }
  return { ok: false, fault };
}

interface OneReply<Value> extends TurnTask<Value> {
  readonly attempt: number;
  readonly seed: number;
  readonly isRewrite: boolean;
}

async function askOnce<Value>(
  { teacher, sampling, log }: TurnCalls,
  turn: Turn,
  { messages, maxTokens, jsonSchema, attempt, seed, isRewrite, read }: OneReply<Value>,
) {
  const answer = await askTeacher(teacher, {
    messages,
    seed,
    sampling: { ...sampling, maxTokens },
    ...(jsonSchema === undefined ? {} : { jsonSchema }),
  });
  const { text, finishReason } = isRefused(answer) ? { text: null, finishReason: null } : answer;
  const reading: TurnReading<Value> =
    text === null || finishReason === null ? { ok: false, fault: faultOf(answer) } : read(text, finishReason);
  log({ turn, isRewrite, attempt, seed, text, finishReason, fault: reading.ok ? null : reading.fault });
  return { text, reading, seed };
}

function faultOf(answer: WriterAnswer | RefusedCall): TurnFault {
  return isRefused(answer) && answer.refused.code === 'model-server/prompt-too-long' ? 'too-long' : 'call-refused';
}

import { hashJson, sha256Hex } from '../../clients/content-hash.ts';
import type { CallLedger } from '../../clients/call-ledger.ts';
import type { JudgeModel, JudgeReply, TokenLogprob } from '../../clients/model-server.ts';
import type { JudgeMemberConfig } from '../../configs/schema/judge.ts';
import type { JsonValue } from '../../domain/canonical-json.ts';
import type { FinishReason, Usage } from '../../domain/completion.ts';
import type { ChatAsk, JudgeTemplates, LabelAsk } from '../../domain/judging/ask.ts';
import type { AskedItems } from '../../domain/judging/decide-items.ts';
import { LABELS, type TokenChance } from '../../domain/judging/probability-mode.ts';
import { unparsed } from '../../domain/judging/unreadable.ts';
import type { CallBatch } from '../calls/call-batch.ts';
import { isRefused, payOnce } from '../calls/paid-calls.ts';

/** One judge of a panel, ready to be asked. */
export interface SeatedJudge extends JudgeTemplates {
  readonly config: JudgeMemberConfig;
  readonly model: JudgeModel;
  /** Shared by all activities of this worker that call this endpoint. */
  readonly lane: <Answer>(call: () => Promise<Answer>) => Promise<Answer>;
}

/** Calls with an answer so far, and the tokens that were reported for them. */
export interface JudgeUsage {
  calls: number;
  promptTokens: number;
  completionTokens: number;
  /** Calls for which the server gave both token counts. */
  reported: number;
}

/** What the judge calls of a shard share. */
export interface JudgeCalls {
  readonly ledger: CallLedger;
  readonly batch: CallBatch;
  readonly signal: AbortSignal;
  readonly usage: JudgeUsage;
}

interface TokensUsed {
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

/** What the ledger keeps of one chat call. */
interface ChatAnswer extends TokensUsed {
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly firstToken?: readonly TokenChance[];
}

/** What the ledger keeps of one scoring call. */
interface LabelAnswer extends TokensUsed {
  readonly probabilities_I: readonly (readonly [number, number])[];
}

/** Makes one planned call through the ledger, and the one that may follow it, and reads the last reply. */
export async function askOnce(
  calls: JudgeCalls,
  judge: SeatedJudge,
  plan: ChatAsk | LabelAsk,
  { items, seed }: { readonly items: number; readonly seed: number },
): Promise<AskedItems> {
  const identity = { model: judge.config.model, template: sha256Hex(judge.template), seed };
  const answer =
    plan.kind === 'chat'
      ? await pay(calls, judge, { endpoint: 'judge', ...identity, ...chatFields(plan) }, () =>
          chat(judge.model, plan, seed, calls.signal),
        )
      : await pay(calls, judge, { endpoint: 'judge-labels', ...identity, contents: plan.contents_I }, () =>
          scoreLabels(judge.model, plan, calls.signal),
        );
  countUsage(calls.usage, isRefused(answer) ? undefined : answer);
  if (isRefused(answer)) {
    const cause = answer.refused.code === 'model-server/prompt-too-long' ? 'too-long' : 'refused';
    return { verdicts: Array.from({ length: items }, () => unparsed(cause, answer.refused.message)), isRefused: true };
  }
  const next = plan.kind === 'chat' ? plan.followUp?.(answer as ChatAnswer) : undefined;
  if (next !== undefined) return askOnce(calls, judge, next, { items, seed });
  return { verdicts: readAnswer(plan, answer), isRefused: false };
}

function pay<Answer extends object>(
  { ledger, batch }: JudgeCalls,
  { lane }: SeatedJudge,
  identity: JsonValue,
  call: () => Promise<Answer>,
) {
  const key = hashJson(identity);
  return lane(() => batch.run(() => payOnce(ledger, key, call)));
}

/** What is sent; a field that is not set is not in the ledger's key either. */
function chatFields({ history, content, maxTokens, temperature, topP, schema, choice, topLogprobs }: ChatAsk) {
  return {
    ...(history === undefined ? {} : { history: history.map(({ role, content: text }) => ({ role, content: text })) }),
    content,
    maxTokens,
    temperature,
    topP,
    ...(choice === undefined ? {} : { choice }),
    ...(schema === undefined ? {} : { schema }),
    ...(topLogprobs === undefined ? {} : { topLogprobs }),
  };
}

async function chat(model: JudgeModel, plan: ChatAsk, seed: number, signal: AbortSignal): Promise<ChatAnswer> {
  const { history = [], content, schema, ...fields } = chatFields(plan);
  const reply = await model.ask(
    {
      messages: [...history, { role: 'user', content }],
      seed,
      ...fields,
      ...(schema === undefined ? {} : { jsonSchema: schema }),
    },
    signal,
  );
  const firstToken = readFirstToken(reply);
  return {
    text: reply.text,
    finishReason: reply.finishReason,
    ...tokensUsed(reply.usage),
    ...(firstToken === undefined ? {} : { firstToken }),
  };
}

async function scoreLabels(model: JudgeModel, { contents_I }: LabelAsk, signal: AbortSignal): Promise<LabelAnswer> {
  const messages_I = contents_I.map((content) => [{ role: 'user' as const, content }]);
  const { probabilities_I, usage } = await model.scoreLabels({ messages_I, labels: LABELS }, signal);
  return { probabilities_I, ...tokensUsed(usage) };
}

function readAnswer(plan: ChatAsk | LabelAsk, answer: ChatAnswer | LabelAnswer): AskedItems['verdicts'] {
  if (plan.kind === 'chat') return plan.read(answer as ChatAnswer);
  return plan.read((answer as LabelAnswer).probabilities_I.map(([yes, no]) => ({ yes, no })));
}

/** The likeliest first tokens; the sampled one may lie outside of them. */
function readFirstToken({ logprobs_T }: JudgeReply): readonly TokenChance[] | undefined {
  const first = logprobs_T?.[0];
  if (first === undefined) return undefined;
  const chance = ({ token, logprob }: Pick<TokenLogprob, 'token' | 'logprob'>) => ({ token, logprob });
  const top = first.top.map(chance);
  return top.some(({ token }) => token === first.token) ? top : [...top, chance(first)];
}

function tokensUsed({ promptTokens, completionTokens }: Usage): TokensUsed {
  return { promptTokens: promptTokens ?? null, completionTokens: completionTokens ?? null };
}

function countUsage(usage: JudgeUsage, used: TokensUsed | undefined): void {
  usage.calls += 1;
  usage.promptTokens += used?.promptTokens ?? 0;
  usage.completionTokens += used?.completionTokens ?? 0;
  if (used !== undefined && used.promptTokens !== null && used.completionTokens !== null) usage.reported += 1;
}

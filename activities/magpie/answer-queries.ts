import type { MagpieConfig } from '../../configs/schema/magpie.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import { synthesisShardName } from '../../domain/artifact-names.ts';
import type { FinishReason } from '../../domain/completion.ts';
import type { PolicyVersion } from '../../domain/policy-version.ts';
import type { ChatMessage } from '../../domain/prompt.ts';
import { callSeed } from '../../domain/random.ts';
import { promptForQuery, type FinishedTurn } from '../../domain/synthesis/chat-frame.ts';
import { resolvePresetChoices } from '../../domain/synthesis/query-presets.ts';
import { screenEnd, screenQuery } from '../../domain/synthesis/screen-query.ts';
import type { DroppedRow, MagpieOrigin, SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { repeatsTurn } from '../../domain/synthesis/words-and-signs.ts';
import { drawQueries, type DrawnQuery } from './draw-queries.ts';
import type { OpenedMagpie } from './open-magpie.ts';
import { isRefused } from '../calls/paid-calls.ts';
import { drawRollouts, samplingParameters, type CallUsage } from '../calls/policy-calls.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';
import { querySampling, readFrames } from './sample-queries.ts';
import { cleanQuery, screenRules } from './screen-queries.ts';
import { findBatch, readBatch, writeBatch } from './batches.ts';
import type { BatchTask } from '../synthesis/batch.ts';

/** What answering a batch came to. */
export interface AnsweredQueries extends CallUsage {
  /** Conversations that are whole. */
  readonly answered: number;
  /** Replies, those of dropped conversations included, and those of them that ended by their length. */
  readonly replies: number;
  readonly cutReplies: number;
  /** Replies that the server ended because they looped; absent of what was drawn before that could be asked for. */
  readonly loopedReplies?: number;
  /** Replies that no call could bring. */
  readonly failedReplies: number;
  /** Tokens of the replies alone. */
  readonly replyTokens: number;
}

/** A conversation under way. */
interface Talk {
  readonly row: SynthesisRow;
  readonly turns: readonly FinishedTurn[];
  /** What is to be answered next. */
  readonly query: string;
  readonly finishReason?: FinishReason;
  readonly dropped?: DroppedRow;
}

/** Answers the queries that were let through, turn by turn. */
export function createAnswerQueriesActivities(provider: RunServicesProvider) {
  return {
    /** Replies are drawn without the prompt that steered the query unless the config says so, user turns never by chat. */
    async answerQueries(task: BatchTask): Promise<AnsweredQueries> {
      const services = await provider.of(task.run);
      const existing = await findBatch(services, task, 'answered');
      if (existing !== undefined) return existing.summary as unknown as AnsweredQueries;
      const config = configOfLoop(services.config, 'magpie');
      const compared = await readBatch(services, task, 'compared');
      const { opened } = await readFrames(services, task);
      const answering = new Answering(services, config, opened, task);
      let talks: readonly Talk[] = compared.rows.flatMap((row): readonly Talk[] =>
        row.dropped === undefined ? [{ row, turns: [], query: row.messages[0]?.content ?? '' }] : [],
      );
      for (let turn = 1; turn <= config.turns.count; turn += 1) {
        if (turn > 1) talks = await answering.ask(talks, turn);
        talks = await answering.reply(talks, turn);
      }
      const done = new Map(talks.map((talk) => [talk.row.rowId, talk]));
      const rows = compared.rows.map((row) => answering.close(row, done.get(row.rowId)));
      const summary: AnsweredQueries = {
        ...answering.usage,
        answered: rows.filter(({ dropped }) => dropped === undefined).length,
        replies: answering.replies,
        cutReplies: answering.cutReplies,
        loopedReplies: answering.loopedReplies,
        failedReplies: answering.failedReplies,
        replyTokens: answering.replyTokens,
      };
      await writeBatch(services, task, 'answered', {
        step: 'answer-queries',
        parents: [compared.ref],
        policy: answering.replyModel,
        rows,
        summary: { ...summary },
      });
      return summary;
    },
  };
}

/** The turns of one batch, and what they cost. */
class Answering {
  usage: CallUsage = { calls: 0, promptTokens: 0, completionTokens: 0 };
  replies = 0;
  cutReplies = 0;
  loopedReplies = 0;
  failedReplies = 0;
  replyTokens = 0;
  readonly replyModel: string;
  private readonly scope: string;
  private readonly systems: ReadonlyMap<string | null, string | null>;

  private readonly services: RunServices;
  private readonly config: MagpieConfig;
  private readonly opened: OpenedMagpie;
  private readonly task: BatchTask;

  constructor(services: RunServices, config: MagpieConfig, opened: OpenedMagpie, task: BatchTask) {
    this.services = services;
    this.config = config;
    this.opened = opened;
    this.task = task;
    this.replyModel = this.replier().model;
    this.scope = synthesisShardName(task.run.runName, 'answered', task.batch);
    this.systems = new Map(opened.steered.map(({ key, system }) => [key, system]));
  }

  /** Draws the user's next turn of each open conversation. */
  async ask(talks: readonly Talk[], turn: number): Promise<readonly Talk[]> {
    const { laterTurns, stop } = this.opened;
    if (laterTurns === null) throw new Error('The run was opened for a single turn.');
    const open = talks.filter(isOpen);
    const { answers, usage } = await drawQueries(
      this.services,
      this.scope,
      open.map(({ row, turns }) => ({
        prompt: promptForQuery(laterTurns.frame, turns),
        sampling: querySampling(this.config, cellOf(row)),
        stop,
        seed: this.seedOf('query', turn, row),
        n: 1,
      })),
    );
    this.addUsage(usage);
    const next = new Map(open.map((talk, index) => [talk.row.rowId, answers[index] ?? []]));
    return talks.map((talk): Talk => {
      const answer = next.get(talk.row.rowId);
      if (answer === undefined) return talk;
      const { query, reason } = isRefused(answer)
        ? { query: '', reason: answer.refused.code }
        : this.judgeQuery(talk, answer[0]);
      return reason === undefined ? { ...talk, query } : { ...talk, dropped: { by: `turn-${turn}`, reason } };
    });
  }

  /** Answers each open conversation. */
  async reply(talks: readonly Talk[], turn: number): Promise<readonly Talk[]> {
    const { model, server, lane } = this.replier();
    const { replyTemperature: temperature } = resolvePresetChoices(this.config);
    const policy: PolicyVersion = { round: 0, servedModel: model, adapterHash: null, adapterPath: null };
    const open = talks.filter(isOpen);
    const { rollouts, usage } = await drawRollouts(
      { ...this.services, policy: server, policyLane: lane },
      { run: this.task.run, policy },
      this.scope,
      open.map((talk) => ({
        promptId: talk.row.rowId,
        messages: [...this.systemOf(talk.row), ...messagesOf(talk.turns), { role: 'user', content: talk.query }],
        firstSample: 0,
        seed: this.seedOf('reply', turn, talk.row),
        n: 1,
        sampling: samplingParameters({ ...this.config.replies, temperature }),
      })),
    );
    this.addUsage(usage);
    this.replyTokens += usage.completionTokens;
    const outcomes = new Map(rollouts.map(({ promptId, outcome }) => [promptId, outcome]));
    return talks.map((talk): Talk => {
      const outcome = outcomes.get(talk.row.rowId);
      if (outcome === undefined) return talk;
      if (!outcome.ok) {
        this.failedReplies += 1;
        return { ...talk, dropped: { by: 'reply', reason: outcome.code } };
      }
      this.replies += 1;
      if (outcome.finishReason === 'length') this.cutReplies += 1;
      const reply = outcome.text.trim();
      if (reply === '') return { ...talk, dropped: { by: 'reply', reason: 'empty' } };
      const { finishReason } = outcome;
      const answered = { ...talk, turns: [...talk.turns, { query: talk.query, reply }], finishReason };
      if (finishReason !== 'repetition') return answered;
      // What loops is in the row, for whoever wants to see it, and the row in no dataset.
      this.loopedReplies += 1;
      return { ...answered, dropped: { by: 'reply', reason: 'loops' } };
    });
  }

  /** The row with its whole conversation, or with the reason why there is none. */
  close(row: SynthesisRow, talk: Talk | undefined): SynthesisRow {
    if (talk === undefined) return row;
    const { turns, finishReason, dropped } = talk;
    const answered = turns.length === 0 ? row.messages : messagesOf(turns);
    return {
      ...row,
      messages: answered,
      origin: turns.length === 0 ? row.origin : { ...row.origin, replyModel: this.replyModel },
      ...(finishReason === undefined ? {} : { replyFinish: finishReason }),
      ...(dropped === undefined ? {} : { dropped }),
    };
  }

  private replier() {
    const { magpie } = this.services;
    if (magpie === undefined) throw new Error('Only a run of Magpie answers its own queries.');
    return magpie.replier;
  }

  private judgeQuery(
    { turns }: Talk,
    drawn: DrawnQuery | undefined,
  ): { readonly query: string; readonly reason: string | undefined } {
    if (drawn === undefined) return { query: '', reason: 'failed' };
    const { text } = cleanQuery(this.config, drawn.text);
    // A short follow-up ("Why?") is a good one.
    const rules = { ...screenRules(this.config), minChars: 0 };
    const earlier = turns.map(({ query }) => query);
    const repeats = repeatsTurn(text, earlier);
    return {
      query: text,
      reason:
        screenEnd(drawn.finishReason) ?? screenQuery(text, rules, drawn.text) ?? (repeats ? 'repeats' : undefined),
    };
  }

  private systemOf({ origin }: SynthesisRow): readonly ChatMessage[] {
    if (!this.config.replies.withSteering || origin.method !== 'magpie') return [];
    const system = this.systems.get(origin.steeredBy ?? null) ?? null;
    return system === null ? [] : [{ role: 'system', content: system }];
  }

  private seedOf(stage: 'query' | 'reply', turn: number, { rowId }: SynthesisRow): number {
    return callSeed({
      seed: this.config.seed,
      stage: `magpie-${stage}`,
      round: turn,
      promptId: rowId,
      sampleIndex: 0,
    });
  }

  private addUsage({ calls, promptTokens, completionTokens }: CallUsage): void {
    this.usage = {
      calls: this.usage.calls + calls,
      promptTokens: this.usage.promptTokens + promptTokens,
      completionTokens: this.usage.completionTokens + completionTokens,
    };
  }
}

/** Later turns are drawn as the first one was. */
function cellOf({ origin }: SynthesisRow) {
  const { temperature, topP, minP = 0 } = origin as MagpieOrigin;
  return { temperature, topP, minP };
}

function isOpen({ dropped }: Talk): boolean {
  return dropped === undefined;
}

function messagesOf(turns: readonly FinishedTurn[]): readonly ChatMessage[] {
  return turns.flatMap(({ query, reply }): readonly ChatMessage[] => [
    { role: 'user', content: query },
    { role: 'assistant', content: reply },
  ]);
}

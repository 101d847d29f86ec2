import { resolve } from 'node:path';
import { readChatTemplate, type CheckpointTemplate } from '../../clients/chat-template.ts';
import type { MagpieConfig } from '../../configs/schema/magpie.ts';
import { magpieFramesName } from '../../domain/artifact-names.ts';
import { ConfigError, ModelServerError } from '../../domain/errors.ts';
import type { ChatMessage } from '../../domain/prompt.ts';
import type { RunRef } from '../../domain/run.ts';
import {
  deriveChatFrame,
  promptForQuery,
  promptForReply,
  requireOneBos,
  type ChatFrame,
  type FinishedTurn,
} from '../../domain/synthesis/chat-frame.ts';
import { resolveQueryStyle } from '../../domain/synthesis/query-presets.ts';
import { deriveStopRules, type StopRules } from '../../domain/synthesis/stop-rules.ts';
import { readSystemPrompts } from '../../inputs/system-prompts.ts';
import { checkEndpoints, type NamedEndpoint } from '../runs/check-endpoints.ts';
import type { RunServices } from '../run-services.ts';

/** A system prompt and the frame that the template makes with it. */
export interface SteeredFrame {
  /** `null` where nothing steers. */
  readonly key: string | null;
  readonly system: string | null;
  readonly weight: number;
  readonly frame: ChatFrame;
}

/** What a run of Magpie writes around words, and what ends them: derived once, since templates may write the date. */
export interface OpenedMagpie {
  /** Source of the chat template. */
  readonly template: string;
  readonly steered: readonly SteeredFrame[];
  /** For later user turns; `null` where there are none. */
  readonly laterTurns: Pick<SteeredFrame, 'system' | 'frame'> | null;
  readonly stop: StopRules;
}

const PROBE = 'What is the best way to learn a language?';
const PROBE_TURN: FinishedTurn = { query: PROBE, reply: 'Speak it every day.' };

/**
 * Derives what comes before a query from the checkpoint's template, and has the server confirm it token by token, before a
 * call is paid for.
 *
 * @throws ConfigError `config/unusable`; ModelServerError `model-server/context-too-small`, and those of checkEndpoints
 */
export async function prepareMagpie(services: RunServices, config: MagpieConfig): Promise<OpenedMagpie> {
  await checkEndpoints([...namedReplier(services, config), ...(services.synthesis?.named ?? [])]);
  const template = await readChatTemplate(resolve(config.policy.modelPath));
  const prompts = await readSystemPrompts(config);
  const steered: SteeredFrame[] = prompts.steering.map(({ key, system, weight }) => ({
    key: system === null ? null : key,
    system,
    weight,
    frame: frameOf(template, system),
  }));
  if (steered.length === 0) {
    steered.push({ key: null, system: null, weight: 1, frame: frameOf(template, null) });
  }
  const laterTurns = config.turns.count === 1 ? null : prepareLaterTurns(template, prompts.laterTurns);
  for (const { system, frame } of steered) await checkTokens(services, config, system, frame, []);
  if (laterTurns !== null) await checkTokens(services, config, laterTurns.system, laterTurns.frame, [PROBE_TURN]);
  await checkContext(services, config, laterTurns === null ? steered : [...steered, laterTurns]);
  return {
    template: template.text,
    steered,
    laterTurns,
    stop: stopRulesOf(template, config, laterTurns?.frame ?? frameOf(template, null)),
  };
}

function namedReplier({ magpie }: RunServices, { replies }: MagpieConfig): readonly NamedEndpoint[] {
  if (replies.by === 'self' || magpie === undefined) return [];
  const { baseUrl, model } = replies.by;
  return [{ field: 'replies.by', baseUrl, model, server: magpie.replier.server }];
}

/** Records the frames, so that every worker on every day writes the same. */
export async function recordMagpie({ store }: RunServices, run: RunRef, opened: OpenedMagpie): Promise<void> {
  await store.write({
    name: magpieFramesName(run.runName),
    schema: 'magpie-frames',
    step: 'open-run',
    parents: [],
    configHash: run.configHash,
    policy: null,
    shards: [[opened]],
    summary: {},
  });
}

function frameOf(template: CheckpointTemplate, system: string | null): ChatFrame {
  const frame = deriveChatFrame(template.render, system);
  requireOneBos(frame, template.bosToken);
  return frame;
}

function prepareLaterTurns(
  template: CheckpointTemplate,
  system: string | null,
): NonNullable<OpenedMagpie['laterTurns']> {
  const frame = frameOf(template, system);
  promptForQuery(frame, [PROBE_TURN]); // refuses a template that cannot go on
  return { system, frame };
}

function stopRulesOf(template: CheckpointTemplate, { queries }: MagpieConfig, frame: ChatFrame): StopRules {
  const { text, specialTokens, endIds, namedTokens } = template;
  const { newlineStop } = resolveQueryStyle(queries);
  return deriveStopRules({ frame, template: text, specialTokens, endIds, namedTokens, stopAtNewline: newlineStop });
}

/** The server's ids of a conversation against those of our text: what it answers in chats is what it goes on from here. */
async function checkTokens(
  { policy: server }: RunServices,
  { policy: { model, baseUrl, modelPath } }: MagpieConfig,
  system: string | null,
  frame: ChatFrame,
  turns: readonly FinishedTurn[],
): Promise<void> {
  const messages: readonly ChatMessage[] = [
    ...(system === null ? [] : [{ role: 'system' as const, content: system }]),
    ...turns.flatMap(({ query, reply }): readonly ChatMessage[] => [
      { role: 'user', content: query },
      { role: 'assistant', content: reply },
    ]),
    { role: 'user', content: PROBE },
  ];
  const served = await server.tokenize(model, messages);
  const derived = await server.tokenizeText(model, promptForReply(frame, turns, PROBE));
  const length = Math.max(served.length, derived.length);
  const at = Array.from({ length }, (_, index) => index).find((index) => served[index] !== derived[index]);
  if (at === undefined) return;
  throw new ConfigError(
    'config/unusable',
    `The chat template in policy.modelPath (${modelPath}) is not the one that ${baseUrl} uses: of a short conversation the server makes ${served.length} tokens and the template ${derived.length}, and token ${at + 1} is ${served[at] ?? 'missing'} at the server and ${derived[at] ?? 'missing'} here. Name the folder of the checkpoint that is served, or serve it with --chat-template.`,
    { details: { served: served.length, derived: derived.length, position: at } },
  );
}

/** The longest conversation that the config allows has to fit: a later turn is drawn after all earlier ones. */
async function checkContext(
  { policy: server, magpie }: RunServices,
  { policy: { model }, queries, replies, turns: { count } }: MagpieConfig,
  frames: readonly Pick<SteeredFrame, 'frame'>[],
): Promise<void> {
  const maxModelLen = (await server.models()).find(({ id }) => id === model)?.maxModelLen ?? null;
  if (maxModelLen === null) return;
  const lengths = await Promise.all(
    frames.map(async ({ frame }) => (await server.tokenizeText(model, frame.preQuery)).length),
  );
  const promptTokens = Math.max(...lengths);
  const answersItself = magpie?.replier.server === server;
  // The last reply of another model is not read by this one.
  const repliesRead = answersItself ? count : count - 1;
  const needed = promptTokens + count * queries.maxTokens + repliesRead * replies.maxTokens;
  if (needed <= maxModelLen) return;
  const reply = repliesRead > 0 ? ` and a reply of ${replies.maxTokens}` : '';
  const turns = count > 1 ? ` in each of ${count} turns` : '';
  throw new ModelServerError(
    'context-too-small',
    `What comes before a query has up to ${promptTokens} tokens; with a query of ${queries.maxTokens}${reply}${turns} that is more than the ${maxModelLen} tokens of context that are served: lower queries.maxTokens${repliesRead > 0 ? ' or replies.maxTokens' : ''}${count > 1 ? ' or turns.count' : ''}, or serve a longer context.`,
  );
}

import { ConfigError } from '../errors.ts';
import type { ChatMessage } from '../prompt.ts';

/** Renders messages as a chat template does. @throws the template's own complaint, for messages that it does not take */
export type RenderChat = (messages: readonly ChatMessage[], addGenerationPrompt: boolean) => string;

/** What a chat template writes around the words of users and models; the words themselves are left out. */
export interface ChatFrame {
  /** From the beginning to where the first user's words begin, default system block and trailing newline included. */
  readonly preQuery: string;
  /** From the end of a user's words to where the reply begins. */
  readonly postQuery: string;
  readonly continuation: Continuation | { readonly impossible: string };
}

/** How a conversation goes on after its first query. */
export interface Continuation {
  /** Between the words of a user and the reply that was given; where a reply is asked for, templates may open it in another way. */
  readonly answering: string;
  /** From the end of a reply to where the next user's words begin. */
  readonly reopening: string;
}

/** A turn that is over. */
export interface FinishedTurn {
  readonly query: string;
  readonly reply: string;
}

// Characters for private use, which no template and no model writes; no whitespace at the ends, since templates trim it.
const QUERY = '\uE000query\uE001';
const REPLY = '\uE000reply\uE001';
const NEXT_QUERY = '\uE000next query\uE001';
const NEXT_REPLY = '\uE000next reply\uE001';

/**
 * Derives the frame by rendering sentinels in place of the words and cutting at them, so that no table of templates has to
 * be right.
 *
 * @param system goes before the conversation; `null` leaves it to the template whether it has a default
 * @throws ConfigError `config/unusable`
 * @source Magpie (arXiv 2406.08464) §2.1, T_pre and T_post; §2.2 for later turns
 */
export function deriveChatFrame(render: RenderChat, system: string | null): ChatFrame {
  if (system !== null) requireSystemRole(render, system);
  const opening: readonly ChatMessage[] = system === null ? [] : [{ role: 'system', content: system }];
  const query: ChatMessage = { role: 'user', content: QUERY };
  const [preQuery = '', postQuery = ''] = cut(render, [...opening, query], true);
  return { preQuery, postQuery, continuation: deriveContinuation(render, [...opening, query], preQuery) };
}

function deriveContinuation(
  render: RenderChat,
  opening: readonly ChatMessage[],
  preQuery: string,
): ChatFrame['continuation'] {
  const turns: readonly ChatMessage[] = [
    { role: 'assistant', content: REPLY },
    { role: 'user', content: NEXT_QUERY },
    { role: 'assistant', content: NEXT_REPLY },
  ];
  try {
    const [before, answering = '', reopening = ''] = cut(render, [...opening, ...turns], false);
    if (before === preQuery) return { answering, reopening };
    return { impossible: 'it begins otherwise when a conversation goes on' };
  } catch (error) {
    return { impossible: messageOf(error) };
  }
}

/**
 * The prompt after which the model writes the next user's words.
 *
 * @throws ConfigError `config/unusable` for a later turn of a template that has no way to go on
 */
export function promptForQuery({ preQuery, continuation }: ChatFrame, turns: readonly FinishedTurn[]): string {
  if (turns.length === 0) return preQuery;
  if ('impossible' in continuation) {
    throw unusable(`cannot go on after a reply (${continuation.impossible}): set turns.count to 1`);
  }
  const { answering, reopening } = continuation;
  return preQuery + turns.map(({ query, reply }) => query + answering + reply + reopening).join('');
}

/** The whole prompt of a reply, as the template would have written it. */
export function promptForReply(frame: ChatFrame, turns: readonly FinishedTurn[], query: string): string {
  return promptForQuery(frame, turns) + query + frame.postQuery;
}

/**
 * Refuses a frame that begins with the beginning of text twice.
 *
 * @param bosToken `null` where the tokenizer has none
 */
export function requireOneBos({ preQuery }: ChatFrame, bosToken: string | null): void {
  if (!bosToken || !preQuery.startsWith(bosToken + bosToken)) return;
  throw unusable(
    `begins with ${JSON.stringify(bosToken)} twice, which the model has never seen: take one out of the template`,
  );
}

function requireSystemRole(render: RenderChat, system: string): void {
  let rendered: string;
  try {
    rendered = render(
      [
        { role: 'system', content: system },
        { role: 'user', content: QUERY },
      ],
      true,
    );
  } catch (cause) {
    throw new ConfigError(
      'config/unusable',
      `The chat template refuses a system message (${messageOf(cause)}), so nothing can be steered by one: leave out steering and set turns.systemPrompt to null.`,
      { cause },
    );
  }
  if (rendered.includes(system.trim())) return;
  throw new ConfigError(
    'config/unusable',
    'The chat template leaves out a system message, so nothing can be steered by one: leave out steering and set turns.systemPrompt to null.',
  );
}

/** Renders the messages and returns what stands between their sentinels, each of which has to be there once and in order. */
function cut(render: RenderChat, messages: readonly ChatMessage[], addGenerationPrompt: boolean): readonly string[] {
  let rest: string;
  try {
    rest = render(messages, addGenerationPrompt);
  } catch (cause) {
    throw unusable(`cannot be rendered (${messageOf(cause)})`, cause);
  }
  const parts: string[] = [];
  for (const { content } of messages.filter(({ role }) => role !== 'system')) {
    const [before = '', ...after] = rest.split(content);
    if (after.length !== 1) {
      const times = after.length === 0 ? 'does not write' : 'writes more than once';
      throw unusable(`${times} what a user or a model says, so it cannot be told where its words begin`);
    }
    parts.push(before);
    rest = after[0] ?? '';
  }
  return [...parts, rest];
}

function unusable(what: string, cause?: unknown): ConfigError {
  return new ConfigError('config/unusable', `The chat template of policy.modelPath ${what}.`, { cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

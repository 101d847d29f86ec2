import { PromptTooLongError } from '../../domain/errors.ts';
import type { ChatMessage } from '../../domain/prompt.ts';
import type { Usage } from '../../domain/completion.ts';
import type { LabelScoreRequest, LabelScores } from '../model-server.ts';
import { errorOfContent } from './errors.ts';
import { parseContextLength, parseLabelScores, parseTokenizeResponse } from './responses.ts';
import { readJson, type Transport } from './transport.ts';

interface Tokenized {
  readonly tokens: readonly number[];
  readonly contextLength: number | null;
}

/**
 * Asks `/generative_scoring` for two labels after each chat.
 *
 * The endpoint knows no chat template, cuts a prompt that is too long without a word, and tells only the first label's
 * probability: so the chats are tokenized by the server's template first, their length is checked, and each label has its
 * own call over the whole vocabulary. The second one finds the prompts in the prefix cache.
 *
 * @throws PromptTooLongError before anything is scored
 */
export async function scoreLabels(
  transport: Transport,
  model: string,
  { messages_I, labels }: LabelScoreRequest,
  signal?: AbortSignal,
): Promise<LabelScores> {
  const tokenize = (text: { messages: readonly ChatMessage[] } | { prompt: string }) =>
    askForTokens(transport, model, text, signal);
  const chats_I = await Promise.all(messages_I.map((messages) => tokenize({ messages })));
  const longest = Math.max(...chats_I.map(({ tokens }) => tokens.length));
  const contextLength = chats_I[0]?.contextLength ?? null;
  if (contextLength !== null && longest >= contextLength) {
    throw new PromptTooLongError(
      `The judge's prompt has ${longest} tokens, and its context holds ${contextLength}. Shorten the prompt or serve the model with a longer context.`,
    );
  }
  const scoreLabel = async (label: string) => {
    const first = (await tokenize({ prompt: label })).tokens.slice(0, 1);
    return askForScores(
      transport,
      { model, ...splitOffPrefix(chats_I.map(({ tokens }) => tokens)), label_token_ids: first },
      signal,
    );
  };
  const yes = await scoreLabel(labels[0]);
  const no = await scoreLabel(labels[1]);
  return {
    probabilities_I: yes.scores_I.map((score, index) => [score, no.scores_I[index] ?? 0]),
    usage: addUsage(yes.usage, no.usage),
  };
}

async function askForTokens(
  transport: Transport,
  model: string,
  text: { readonly messages: readonly ChatMessage[] } | { readonly prompt: string },
  signal: AbortSignal | undefined,
): Promise<Tokenized> {
  const form = 'messages' in text ? { add_generation_prompt: true } : { add_special_tokens: false };
  const answer = await transport.send('POST', '/tokenize', { model, ...text, ...form }, signal);
  const body = readJson(answer);
  const tokens = parseTokenizeResponse(answer.target, body);
  if (tokens.length === 0) throw errorOfContent(answer.target, 'malformed-response', 'no token');
  return { tokens, contextLength: parseContextLength(answer.target, body) };
}

async function askForScores(
  transport: Transport,
  body: { readonly items: readonly (readonly number[])[] } & Readonly<Record<string, unknown>>,
  signal: AbortSignal | undefined,
) {
  const answer = await transport.send(
    'POST',
    '/generative_scoring',
    { ...body, apply_softmax: false, item_first: false, add_special_tokens: false },
    signal,
  );
  return parseLabelScores(answer.target, readJson(answer), body.items.length);
}

/** The tokens that all chats begin with, and what is left of each: at least one token. */
function splitOffPrefix(tokens_I: readonly (readonly number[])[]) {
  const [first = [], ...others] = tokens_I;
  const most = Math.min(...tokens_I.map(({ length }) => length)) - 1;
  let shared = 0;
  while (shared < most && others.every((tokens) => tokens[shared] === first[shared])) shared += 1;
  return { query: first.slice(0, shared), items: tokens_I.map((tokens) => tokens.slice(shared)) };
}

function addUsage(a: Usage, b: Usage): Usage {
  const sum = (x: number | undefined, y: number | undefined) =>
    x === undefined || y === undefined ? undefined : x + y;
  return {
    promptTokens: sum(a.promptTokens, b.promptTokens),
    completionTokens: sum(a.completionTokens, b.completionTokens),
  };
}

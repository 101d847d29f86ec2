import type { JsonValue } from '../canonical-json.ts';
import type { Verdict } from '../checklist.ts';
import type { FinishReason } from '../completion.ts';
import { parseVerdict, renderJudgePrompt } from './item-mode.ts';
import type { JudgeMethod } from './judge-method.ts';
import { listReplySchema, parseListReply, renderListPrompt } from './list-mode.ts';
import {
  judgeLabelChances,
  renderProbabilityPrompt,
  sumLabelChances,
  TOP_LOGPROBS,
  type LabelChances,
  type TokenChance,
} from './probability-mode.ts';
import { parseScore, renderScorePrompt } from './score-mode.ts';
import { unparsed } from './unreadable.ts';

/** What a judge looks at. */
export interface JudgedText {
  readonly instruction: string;
  readonly answer: string;
}

/** What a chat call brought back. */
export interface AskReply {
  readonly text: string;
  readonly finishReason: FinishReason;
  /** The likeliest first tokens, where they were asked for and given. */
  readonly firstToken?: readonly TokenChance[];
}

/** One chat call on one or more items, and how its reply is read: a verdict an item, in order. */
export interface ChatAsk {
  readonly kind: 'chat';
  readonly content: string;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP: number;
  readonly schema?: { readonly [key: string]: JsonValue };
  readonly topLogprobs?: number;
  read(reply: AskReply): readonly Verdict[];
}

/** One scoring call on one or more items: a prompt an item. */
export interface LabelAsk {
  readonly kind: 'labels';
  readonly contents_I: readonly string[];
  read(chances_I: readonly LabelChances[]): readonly Verdict[];
}

/** Plans the call on some items of an answer: one item, or as many as `itemsPerCall` allows. */
export function planAsk(
  method: JudgeMethod,
  template: string,
  judged: JudgedText,
  questions: readonly string[],
  isRetry: boolean,
): ChatAsk | LabelAsk {
  if (method.mode === 'probability') return planProbabilityAsk(method, template, judged, questions);
  // At temperature 0 a new seed alone would bring back the same words.
  const temperature = isRetry ? Math.max(method.temperature, method.retryTemperature) : method.temperature;
  return { kind: 'chat', temperature, topP: method.topP, ...planChat(method, template, judged, questions) };
}

function planChat(
  { mode, maxTokens, scoreThreshold }: JudgeMethod,
  template: string,
  judged: JudgedText,
  questions: readonly string[],
): Pick<ChatAsk, 'content' | 'maxTokens' | 'schema' | 'read'> {
  if (mode === 'list') {
    return {
      content: renderListPrompt(template, { ...judged, questions }),
      maxTokens: maxTokens * questions.length,
      schema: listReplySchema(questions.length),
      read: ({ text, finishReason }) => parseListReply(text, finishReason, questions.length),
    };
  }
  const fields = { ...judged, question: questions[0] ?? '' };
  if (mode === 'score') {
    return {
      content: renderScorePrompt(template, fields),
      maxTokens,
      read: ({ text, finishReason }) => [parseScore(text, finishReason, scoreThreshold)],
    };
  }
  return {
    content: renderJudgePrompt(template, fields),
    maxTokens,
    read: ({ text, finishReason }) => [parseVerdict(text, finishReason)],
  };
}

function planProbabilityAsk(
  { probabilityBy, minLabelMass }: JudgeMethod,
  template: string,
  judged: JudgedText,
  questions: readonly string[],
): ChatAsk | LabelAsk {
  const contents_I = questions.map((question) => renderProbabilityPrompt(template, { ...judged, question }));
  if (probabilityBy === 'generative-scoring') {
    return {
      kind: 'labels',
      contents_I,
      read: (chances_I) => chances_I.map((chances) => judgeLabelChances(chances, minLabelMass)),
    };
  }
  return {
    kind: 'chat',
    content: contents_I[0] ?? '',
    maxTokens: 1,
    // Log-probabilities are those before any temperature; greedy decoding, so that nothing else varies.
    temperature: 0,
    topP: 1,
    topLogprobs: TOP_LOGPROBS,
    read: ({ firstToken }) => [
      firstToken === undefined
        ? unparsed('malformed', 'the reply has no log-probabilities')
        : judgeLabelChances(sumLabelChances(firstToken), minLabelMass),
    ],
  };
}

import type { JsonValue } from '../canonical-json.ts';
import type { Verdict } from '../checklist.ts';
import type { FinishReason } from '../completion.ts';
import type { ChatMessage } from '../prompt.ts';
import type { LabelChances, TokenChance } from './probability-mode.ts';

/** What a judge looks at. */
export interface JudgedText {
  readonly instruction: string;
  readonly answer: string;
}

/** Texts of the prompt templates of a judge. */
export interface JudgeTemplates {
  /** Of its mode. */
  readonly template: string;
  /** Of the second call of mode item. */
  readonly verdictTemplate: string;
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
  /** The turns before the last one; none in a first call. */
  readonly history?: readonly ChatMessage[];
  readonly content: string;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP: number;
  readonly schema?: { readonly [key: string]: JsonValue };
  /** Words of which the reply has to be one. */
  readonly choice?: readonly string[];
  readonly topLogprobs?: number;
  read(reply: AskReply): readonly Verdict[];
  /** The call whose verdicts count instead, where the reply has a reason and no verdict. */
  followUp?(reply: AskReply): ChatAsk | undefined;
}

/** One scoring call on one or more items: a prompt an item. */
export interface LabelAsk {
  readonly kind: 'labels';
  readonly contents_I: readonly string[];
  read(chances_I: readonly LabelChances[]): readonly Verdict[];
}

/** What differs by mode in a chat call. */
export type ChatPlan = Omit<ChatAsk, 'kind' | 'temperature' | 'topP'>;

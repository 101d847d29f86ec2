import type { ChatFrame } from './chat-frame.ts';

/** A token of a tokenizer that stands for no words. */
export interface SpecialToken {
  readonly id: number;
  readonly content: string;
}

/** What ends a query. */
export interface StopRules {
  /** In ascending order. */
  readonly tokenIds: readonly number[];
  readonly texts: readonly string[];
}

/** What the stop rules are derived from. */
export interface StopFacts {
  readonly frame: ChatFrame;
  /** Source of the template. */
  readonly template: string;
  readonly specialTokens: readonly SpecialToken[];
  /** Ends of a sequence, by the model's generation config. */
  readonly endIds: readonly number[];
  /** `bos_token`, `eos_token` and the like. */
  readonly namedTokens: readonly string[];
  readonly stopAtNewline: boolean;
}

/**
 * Stops at every special token that the template knows, since models skip the end of a turn at times, and at what the
 * template writes around words where that is plain text (`ASSISTANT:`, `[/INST]`). A bare word such as `assistant` is no
 * stop: it would cut queries that use the word.
 */
export function deriveStopRules(facts: StopFacts): StopRules {
  const { frame, template, specialTokens, endIds, namedTokens, stopAtNewline } = facts;
  const { preQuery, postQuery, continuation } = frame;
  const later = 'impossible' in continuation ? [] : [continuation.answering, continuation.reopening];
  const written = [preQuery, postQuery, ...later, template].join('\n');
  const used = specialTokens.filter(({ content }) => namedTokens.includes(content) || written.includes(content));
  const ids = new Set([...endIds, ...used.map(({ id }) => id)]);
  const texts = [postQuery, ...later].flatMap((text) => plainMarks(text, used));
  return {
    tokenIds: [...ids].toSorted((a, b) => a - b),
    texts: [...new Set([...texts, ...(stopAtNewline ? ['\n'] : [])])],
  };
}

/** The pieces between special tokens that are more than a word. */
function plainMarks(text: string, tokens: readonly SpecialToken[]): readonly string[] {
  const pieces = tokens.reduce((parts, { content }) => parts.flatMap((part) => part.split(content)), [text]);
  return pieces.flatMap((piece) => {
    const lines = piece.split('\n').map((line) => line.trim());
    return lines.filter((line) => line.length > 2 && !/^[\p{L}\p{N} ]+$/u.test(line));
  });
}

import type { ChatAsk, ChatPlan, JudgedText, JudgeTemplates, LabelAsk } from './ask.ts';
import type { JudgeMethod } from './judge-method.ts';
import { listReplySchema, parseListReply, renderListPrompt } from './list-mode.ts';
import { planItem } from './plan-item.ts';
import { judgeLabelChances, renderProbabilityPrompt, sumLabelChances, TOP_LOGPROBS } from './probability-mode.ts';
import { parseScore, renderScorePrompt } from './score-mode.ts';
import { unparsed } from './unreadable.ts';

/** Plans the call on some items of an answer: one item, or as many as `itemsPerCall` allows. */
export function planAsk(
  method: JudgeMethod,
  templates: JudgeTemplates,
  judged: JudgedText,
  questions: readonly string[],
  isRetry: boolean,
): ChatAsk | LabelAsk {
  const { template } = templates;
  if (method.mode === 'probability') return planProbabilityAsk(method, template, judged, questions);
  // At temperature 0 a new seed alone would bring back the same words.
  const temperature = isRetry ? Math.max(method.temperature, method.retryTemperature) : method.temperature;
  const sampling = { kind: 'chat', temperature, topP: method.topP } as const;
  if (method.mode === 'item') {
    return { ...sampling, ...planItem(method, templates, { ...judged, question: questions[0] ?? '' }) };
  }
  return { ...sampling, ...planChat(method, template, judged, questions) };
}

function planChat(
  { mode, maxTokens, scoreThreshold }: JudgeMethod,
  template: string,
  judged: JudgedText,
  questions: readonly string[],
): ChatPlan {
  if (mode === 'list') {
    return {
      content: renderListPrompt(template, { ...judged, questions }),
      maxTokens: maxTokens * questions.length,
      schema: listReplySchema(questions.length),
      read: ({ text, finishReason }) => parseListReply(text, finishReason, questions.length),
    };
  }
  return {
    content: renderScorePrompt(template, { ...judged, question: questions[0] ?? '' }),
    maxTokens,
    read: ({ text, finishReason }) => [parseScore(text, finishReason, scoreThreshold)],
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

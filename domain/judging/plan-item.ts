import type { AskReply, ChatAsk, ChatPlan, JudgeTemplates } from './ask.ts';
import { parseVerdict, renderJudgePrompt, type JudgeFields } from './item-mode.ts';
import type { JudgeMethod } from './judge-method.ts';
import { LABELS } from './probability-mode.ts';
import { parseChoice, reasonToSettle, renderVerdictPrompt } from './two-step.ts';

/** Asks for a reason and then a verdict; a judge of two steps that gave only a reason is asked for the verdict alone. */
export function planItem(
  { verdict, maxTokens }: Pick<JudgeMethod, 'verdict' | 'maxTokens'>,
  { template, verdictTemplate }: JudgeTemplates,
  fields: JudgeFields,
): ChatPlan {
  const content = renderJudgePrompt(template, fields);
  const first: ChatPlan = {
    content,
    maxTokens,
    read: ({ text, finishReason }) => [parseVerdict(text, finishReason)],
  };
  if (verdict === 'line') return first;
  return {
    ...first,
    followUp: ({ text, finishReason }: AskReply): ChatAsk | undefined => {
      const reason = reasonToSettle(text, parseVerdict(text, finishReason));
      if (reason === undefined) return undefined;
      return {
        kind: 'chat',
        // The judge's own turns: what it has read and written is in the prefix cache, and is not told twice.
        history: [
          { role: 'user', content },
          { role: 'assistant', content: reason },
        ],
        content: renderVerdictPrompt(verdictTemplate, fields.question),
        choice: LABELS,
        // A limit for servers that don't know the constraint, and for thoughts.
        maxTokens,
        // The reason was sampled; what follows from it varies no further.
        temperature: 0,
        topP: 1,
        read: (reply) => [parseChoice(reply.text, reply.finishReason, reason)],
      };
    },
  };
}

import { z } from 'zod';
import { THOUGHT_ACTIONS, type BoltExample } from '../../domain/bolt/bolt-example.ts';
import { defuseChatTokens } from '../../domain/chat-tokens.ts';

const text = z
  .string()
  .regex(/\S/, { error: 'must not be blank' })
  .transform((value) => value.trim())
  .refine((value) => defuseChatTokens(value) === value, { error: 'must hold no mark of a chat template' });

/** One file of the library of examples. The thoughts show every action, each label quotes the place word for word. */
export const boltExample = z
  .strictObject({
    exampleId: z
      .string()
      .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, { error: 'must be words of a-z and 0-9 joined by hyphens' }),
    topic: z.string().min(1).describe('one of the topics of the curation'),
    query: text.describe('what a user asks'),
    thoughts: text.describe('the chain of thought, without delimiters'),
    solution: text.describe('what the user sees; stands alone'),
    actions: z
      .array(
        z.strictObject({
          kind: z.enum(THOUGHT_ACTIONS),
          quote: z.string().min(12).describe('a passage of the thoughts in which it is done; blanks count as equal'),
        }),
      )
      .describe('where the thoughts show each action'),
  })
  .superRefine(({ thoughts, actions }, context) => {
    const said = oneLine(thoughts);
    for (const [index, { quote }] of actions.entries()) {
      if (!said.includes(oneLine(quote))) {
        context.addIssue({
          code: 'custom',
          path: ['actions', index, 'quote'],
          message: 'does not stand in the thoughts',
        });
      }
    }
    for (const kind of THOUGHT_ACTIONS) {
      if (!actions.some((action) => action.kind === kind)) {
        context.addIssue({ code: 'custom', path: ['actions'], message: `must label a place of "${kind}"` });
      }
    }
  }) satisfies z.ZodType<BoltExample>;

/** A whole library: ids and queries differ. */
export const boltExampleLibrary = z.array(boltExample).superRefine((examples, context) => {
  for (const field of ['exampleId', 'query'] as const) {
    for (const [index, example] of examples.entries()) {
      const first = examples.findIndex((other) => other[field] === example[field]);
      if (first < index) {
        context.addIssue({ code: 'custom', path: [index, field], message: `is also that of example ${first}` });
      }
    }
  }
});

/** Lines of a file may break anywhere. */
function oneLine(value: string): string {
  return value.replaceAll(/\s+/g, ' ').trim();
}

import { z } from 'zod';
import type { WildBenchTask } from '../../domain/wildbench/task.ts';
import { groupsOfTags } from '../../domain/wildbench/task-groups.ts';

const someText = z.string().regex(/\S/, { error: 'must not be blank' });

const sessionId = z
  .string()
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,200}$/u, { error: 'must be 1 to 200 printable characters' });

/** The key is `session_id`; upstream's tag table goes by `id`, which has to hold the same where both are given. */
const key = { session_id: sessionId.optional(), id: z.union([sessionId, z.int()]).optional() };

interface Key {
  readonly session_id?: string | undefined;
  readonly id?: string | number | undefined;
}

function readKey(row: Key, context: z.RefinementCtx): string {
  const found = row.session_id ?? row.id;
  if (found !== undefined) return String(found);
  context.addIssue({ code: 'custom', path: ['session_id'], message: 'give session_id or id' });
  return '';
}

/** Tags of one task, in upstream's field names; other fields are passed over. */
export const wildBenchTags = z
  .looseObject({ ...key, primary_tag: someText, secondary_tags: z.array(someText).nullish() })
  .transform((row, context) => ({
    sessionId: readKey(row, context),
    groups: readGroups([row.primary_tag, ...(row.secondary_tags ?? [])], context),
  }));

/** One task in upstream's field names; fields that no metric uses are passed over. */
export const wildBenchTask = z
  .looseObject({
    ...key,
    conversation_input: z
      .array(z.looseObject({ role: z.enum(['user', 'assistant']), content: z.string() }))
      .min(1)
      .refine((turns) => turns.at(-1)?.role === 'user', { error: 'the last turn must be the user’s' })
      .refine((turns) => turns.every(({ role }, index) => role !== turns[index - 1]?.role), {
        error: 'user and assistant must take turns',
      }),
    checklist: z.array(someText).min(1),
    primary_tag: someText,
    secondary_tags: z.array(someText).nullish(),
  })
  .transform((row, context): WildBenchTask => {
    const secondaryTags = row.secondary_tags ?? [];
    return {
      sessionId: readKey(row, context),
      messages: row.conversation_input.map(({ role, content }) => ({ role, content })),
      checklist: row.checklist,
      primaryTag: row.primary_tag,
      secondaryTags,
      groups: readGroups([row.primary_tag, ...secondaryTags], context),
    };
  });

function readGroups(tags: readonly string[], context: z.RefinementCtx): WildBenchTask['groups'] {
  try {
    return groupsOfTags(tags);
  } catch (error) {
    context.addIssue({ code: 'custom', path: ['primary_tag, secondary_tags'], message: (error as Error).message });
    return [];
  }
}

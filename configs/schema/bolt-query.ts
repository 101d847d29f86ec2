import { z } from 'zod';
import type { CollectedQuery } from '../../domain/bolt/bolt-query.ts';
import { DIFFICULTY_CRITERIA } from '../../domain/bolt/difficulty.ts';
import { barePromptRow } from './prompt-row.ts';

/** One line of a query set: a conversation that may end with any role, of which only the first user turn is used. */
export const boltQuery = barePromptRow.extend({
  messages: z.array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })),
  topic: z.string().min(1).exactOptional().describe('its topic, for curation.labeller.by "given"'),
  difficulty: z
    .array(z.enum(DIFFICULTY_CRITERIA))
    .exactOptional()
    .describe('criteria that it meets, for curation.labeller.by "given"'),
  source: z.string().min(1).exactOptional().describe('data set and licence it is from'),
}) satisfies z.ZodType<CollectedQuery>;

import { z } from 'zod';
import type { CollectedQuery } from '../../domain/bolt/bolt-query.ts';
import { barePromptRow } from './prompt-row.ts';

/** One line of a query set: a conversation that may end with any role, of which only the first user turn is used. */
export const boltQuery = barePromptRow.extend({
  messages: z.array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })),
  source: z.string().min(1).exactOptional().describe('data set and licence it is from'),
}) satisfies z.ZodType<CollectedQuery>;

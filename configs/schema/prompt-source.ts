import { z } from 'zod';
import { checklist } from './prompt-row.ts';

/** The dataset that a run of the same store has ended with. */
const datasetSource = z.strictObject({
  dataset: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, { error: 'must be the name of a run' })
    .describe('name of a run of the same store, whose dataset is meant'),
});

/** Where prompts come from: a file, or by name the dataset of a run. */
export const promptSource = z.union([z.string().min(1), datasetSource], {
  error: 'must be the path of a JSONL file, or { dataset: <name of a run> }',
});

export type PromptSource = z.infer<typeof promptSource>;

/** Items for prompts that bring none, or too few. */
export const addedChecklist = checklist
  .refine((items) => items.length > 0, { error: 'must hold at least one item' })
  .optional()
  .describe('items that every training prompt is judged by, after its own; needed where a dataset has none');

/** How an error message names a source. */
export function describeSource(source: PromptSource): string {
  return typeof source === 'string' ? source : `the dataset of run "${source.dataset}"`;
}

/** A field that names the dataset of a run. */
interface NamedDataset {
  /** Dotted, from the top of the config. */
  readonly field: string;
  readonly source: z.infer<typeof datasetSource>;
}

/** All datasets of runs that a config, or a part of one, names. */
export function findNamedDatasets(part: unknown, field = ''): readonly NamedDataset[] {
  if (typeof part !== 'object' || part === null) return [];
  const { success, data } = datasetSource.safeParse(part);
  if (success) return [{ field, source: data }];
  return Object.entries(part).flatMap(([key, value]) =>
    findNamedDatasets(value, field === '' ? key : `${field}.${key}`),
  );
}

/** Somebody has to write the checklists of a dataset. */
export function checkWritten(
  config: {
    readonly data: { readonly prompts: PromptSource };
    readonly checklists: { readonly source: string };
  },
  context: z.RefinementCtx,
): void {
  const { prompts } = config.data;
  if (typeof prompts === 'string' || config.checklists.source !== 'given') return;
  context.addIssue({
    code: 'custom',
    path: ['checklists', 'source'],
    message: `${describeSource(prompts)} brings no checklists: have them written, with "tick" or "rlcf-candidates"`,
  });
}

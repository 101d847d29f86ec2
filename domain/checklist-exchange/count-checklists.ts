import type { PromptRow } from '../prompt.ts';

/** What a set of prompts holds. */
export interface ChecklistCounts {
  readonly prompts: number;
  readonly withoutChecklist: number;
  readonly items: number;
  readonly withVerifier: number;
  readonly withWeight: number;
}

/** Counts prompts and items. */
export function countChecklists(rows: readonly PromptRow[]): ChecklistCounts {
  const items = rows.flatMap(({ checklist }) => checklist);
  return {
    prompts: rows.length,
    withoutChecklist: rows.filter(({ checklist }) => checklist.length === 0).length,
    items: items.length,
    withVerifier: items.filter(({ verifier }) => verifier !== undefined).length,
    withWeight: items.filter(({ weight }) => weight !== undefined).length,
  };
}

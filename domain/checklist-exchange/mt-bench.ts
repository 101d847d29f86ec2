import type { PromptRow } from '../prompt.ts';

/** A question of MT-Bench, as far as it is read here. */
export interface MtBenchQuestion {
  readonly question_id: string;
  readonly turns: readonly string[];
}

/** The first turn as a prompt without a checklist: later turns ask about the model's own answer to it. */
export function fromMtBench({ question_id, turns }: MtBenchQuestion): PromptRow {
  return {
    promptId: `mt-bench-${question_id}`,
    messages: [{ role: 'user', content: turns[0] ?? '' }],
    checklist: [],
  };
}

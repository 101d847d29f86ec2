import type { ChatMessage } from '../../domain/prompt.ts';
import {
  renderCritiquePrompt,
  renderDraftPrompt,
  renderRefinePrompt,
  type PairPrompts,
} from '../../domain/skillmix/chat.ts';
import { chooseExamples, type DraftExample } from '../../domain/skillmix/examples.ts';
import type { SkillmixConfig } from '../../configs/schema/skillmix.ts';
import type { PairMaterial } from './prompts.ts';
import type { TeacherCalls } from './teacher-calls.ts';

/** What decides how many examples there is room for. */
export interface ExampleRoom {
  readonly config: SkillmixConfig;
  readonly material: PairMaterial;
  readonly teacher: Pick<TeacherCalls, 'seat' | 'signal'>;
}

/** The whole chat of a pair at its longest, in tokens, with some examples; `null` where the context is unknown. */
export async function countChat(
  { config, teacher: { seat, signal } }: ExampleRoom,
  prompts: PairPrompts,
  examples: readonly DraftExample[],
): Promise<{ readonly tokens: number; readonly context: number } | null> {
  const context = await seat.contextTokens(signal);
  if (context === null) return null;
  const { critique, critiqueMaxTokens } = config.generation;
  const draft: readonly ChatMessage[] = [{ role: 'user', content: renderDraftPrompt(prompts, examples) }];
  const later: readonly ChatMessage[] = critique
    ? [
        { role: 'assistant', content: '' },
        { role: 'user', content: renderCritiquePrompt(prompts) },
        { role: 'assistant', content: '' },
        { role: 'user', content: renderRefinePrompt(prompts) },
      ]
    : [];
  const replies = config.sampling.maxTokens + (critique ? critiqueMaxTokens + config.sampling.maxTokens : 0);
  return { tokens: (await seat.countTokens([...draft, ...later], signal)) + replies, context };
}

/** As many examples as leave room for the whole chat; none where there is none even without them. */
export async function fitExamples(room: ExampleRoom, prompts: PairPrompts): Promise<readonly DraftExample[]> {
  const chosen = chooseExamples(room.material.examples, prompts.skills.length, room.config.generation.examples);
  for (let count = chosen.length; count > 0; count -= 1) {
    const shown = chosen.slice(0, count);
    const chat = await countChat(room, prompts, shown);
    if (chat === null || chat.tokens <= chat.context) return shown;
  }
  return [];
}

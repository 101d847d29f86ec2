import type { Checklist, Item } from '../checklist.ts';
import { DataError } from '../errors.ts';
import type { ChatMessage, PromptRow } from '../prompt.ts';

/** A question of a rubric of the library `verifiers`. */
export interface VerifiersCriterion {
  readonly name: string;
  readonly text: string;
  /** Share of the whole, 0 or more; only its relation to the others counts. */
  readonly weight: number;
  /** From worst to best. */
  readonly choices: readonly string[];
}

/** A prompt and its rubric. Each such object alone is a rubric file that `verifiers` can load. */
export interface VerifiersTask {
  readonly id: string;
  readonly prompt: string | readonly ChatMessage[];
  readonly criteria: readonly VerifiersCriterion[];
}

/** @throws DataError `data/invalid-row` for a criterion that yes or no does not answer, or with YES as the worse answer */
export function fromVerifiers({ id, prompt, criteria }: VerifiersTask): PromptRow {
  return {
    promptId: id,
    messages:
      typeof prompt === 'string'
        ? [{ role: 'user', content: prompt }]
        : prompt.map(({ role, content }) => ({ role, content })),
    checklist: fromCriteria(criteria),
  };
}

/**
 * Items of a rubric. Weights become integers from 0 to 100: weights up to 1 are hundredths, larger ones are scaled so that
 * the largest is 100; a weight above 0 stays above 0.
 *
 * @throws DataError `data/invalid-row` as `fromVerifiers`
 */
export function fromCriteria(criteria: readonly VerifiersCriterion[]): Checklist {
  const scale = 100 / Math.max(1, ...criteria.map(({ weight }) => weight));
  return criteria.map(({ name, text, weight, choices }): Item => {
    const [worst, best, ...others] = choices.map((choice) => choice.trim().toLowerCase());
    if (worst !== 'no' || best !== 'yes' || others.length > 0) {
      throw new DataError(
        'data/invalid-row',
        `criterion "${name}" has the choices ${choices.map((choice) => `"${choice}"`).join(', ')}; only "no", "yes" in this order (worst to best) makes an item.`,
      );
    }
    return { question: text, weight: weight === 0 ? 0 : Math.max(1, Math.round(weight * scale)) };
  });
}

/** The row as a rubric with weights from 0 to 1. Verifiers have no place in it. */
export function toVerifiers({ promptId, messages, checklist }: PromptRow): VerifiersTask {
  return {
    id: promptId,
    prompt: messages,
    criteria: checklist.map(({ question, weight = 100 }, index) => ({
      name: `item-${index + 1}`,
      text: question,
      weight: weight / 100,
      choices: ['no', 'yes'],
    })),
  };
}

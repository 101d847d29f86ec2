import type { Checklist } from '../checklist.ts';
import { addItems } from './add-items.ts';

/**
 * Items asked of every answer. They guard against what policies learn from checklists alone: long preambles, claims to have
 * followed the instruction, and answers that break off.
 *
 * @source RLCF (arXiv 2507.18624), released code: one universal requirement of weight 100; RIFL (arXiv 2511.10507): no
 * self-evaluation, no truncated ending. The wording is ours.
 */
export const UNIVERSAL_ITEMS: Checklist = [
  {
    question: 'Is the answer free of padding, such as a long preamble, needless repetition or filler?',
    weight: 100,
    kind: 'universal',
  },
  {
    question: 'Does the answer refrain from praising itself and from claiming that it follows the instruction?',
    weight: 100,
    kind: 'universal',
  },
  {
    question: 'Does the answer come to a complete ending, without breaking off in the middle?',
    weight: 100,
    kind: 'universal',
  },
  {
    question: 'Does the answer address the request directly, in a tone and register that fit it?',
    weight: 100,
    kind: 'universal',
  },
];

/** The checklist with the universal items behind its own; those it has already are not added again. */
export function addUniversalItems(checklist: Checklist): Checklist {
  return addItems(checklist, UNIVERSAL_ITEMS);
}

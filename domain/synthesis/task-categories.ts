/**
 * What a query may be about: name and what belongs there. The description is for the model that files queries.
 *
 * @source Magpie (arXiv 2406.08464) appendix C, unitag: twelve names; the descriptions are ours
 */
export const TASK_CATEGORIES = {
  'Information seeking': 'facts or explanations about something are asked for',
  Reasoning: 'a conclusion has to be reached by thinking a case through, without much calculation',
  Planning: 'steps, a schedule or a strategy towards a goal are asked for',
  Editing: 'a given text is to be corrected, shortened, translated or rewritten',
  'Coding & Debugging': 'a program or query is to be written, explained or mended',
  Math: 'something is to be calculated, solved or proved',
  'Role playing': 'the reply is to be given in the part of somebody or something',
  'Data analysis': 'numbers, tables or samples are to be worked up or interpreted',
  'Creative writing': 'a story, poem, speech or other text of invention is asked for',
  'Advice seeking': 'somebody wants to know what to do in a situation of their own',
  Brainstorming: 'a number of ideas is asked for',
  Others: 'none of these',
} as const;

export type TaskCategory = keyof typeof TASK_CATEGORIES;

/** The names, in order. */
export const TASK_CATEGORY_NAMES = Object.keys(TASK_CATEGORIES) as readonly TaskCategory[];

/**
 * The category that a model means, whatever its spelling; `null` for a name that is none. "Other" is "Others": the
 * published code lets its model say the one and keeps only the other, so that every such row loses its category.
 */
export function readTaskCategory(name: string): TaskCategory | null {
  const wanted = normalize(name);
  return TASK_CATEGORY_NAMES.find((category) => normalize(category) === wanted) ?? null;
}

function normalize(name: string): string {
  const words = name
    .toLowerCase()
    .replaceAll('&', ' and ')
    .replaceAll(/[^\p{L}]+/gu, ' ')
    .trim();
  return words === 'other' ? 'others' : words;
}

import type { Checklist } from '../checklist.ts';

/** The checklist with further items behind its own; those it asks already are not added again. */
export function addItems(checklist: Checklist, items: Checklist): Checklist {
  const questions = new Set(checklist.map(({ question }) => question));
  return [...checklist, ...items.filter(({ question }) => !questions.has(question))];
}

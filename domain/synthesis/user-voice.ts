const PERSON = /\b(?:i|i['’](?:m|ve|d|ll)|me|my|mine|we|our|us|you|your)\b/i;
const ASKING = new Set(
  (
    'add advise analyse analyze answer arrange brainstorm build calculate check choose classify compare complete compose compute ' +
    'conduct consider convert correct create critique debug define demonstrate derive describe design determine develop discuss ' +
    'draft edit estimate evaluate examine expand explain explore extract fill find fix formulate generate give help identify ' +
    'illustrate implement improve interpret investigate list make modify name optimize organize outline paraphrase plan please ' +
    'predict prepare present propose prove provide rank recommend refactor rephrase research review revise rewrite select show ' +
    'simplify solve sort suggest summarise summarize teach tell test transform translate use verify write'
  ).split(' '),
);

/**
 * Whether a query sounds like a user's: it asks, speaks in the first or second person, or begins with an order. A rule of
 * thumb for English; a question mark counts in every language.
 */
export function isUserVoiced(query: string): boolean {
  const [first = ''] = query
    .toLowerCase()
    .split(/[^\p{L}'’]+/u)
    .filter((word) => word !== '');
  return /[?？؟]/u.test(query) || PERSON.test(query) || ASKING.has(first);
}

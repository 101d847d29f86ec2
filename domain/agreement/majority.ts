/** What most raters said; null for a tie or where nobody said anything. Missing labels don't vote. */
export function majorityAnswer(labels: readonly (boolean | null)[]): boolean | null {
  const yes = labels.filter((label) => label === true).length;
  const no = labels.filter((label) => label === false).length;
  return yes === no ? null : yes > no;
}

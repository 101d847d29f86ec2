/** Mean absolute difference of the numbers of questions in two checklists of one task; null for no task. @source TICK Table 2 */
export function countMae(sizes: readonly (readonly [generated: number, reference: number])[]): number | null {
  if (sizes.length === 0) return null;
  return sizes.reduce((sum, [generated, reference]) => sum + Math.abs(generated - reference), 0) / sizes.length;
}

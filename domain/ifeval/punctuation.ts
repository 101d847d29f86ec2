/** Whether there is no comma; only `,` is one, as in the public code. */
export function hasNoComma(response: string): boolean {
  return !response.includes(',');
}

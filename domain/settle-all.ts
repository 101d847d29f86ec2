/**
 * Waits for all of them, and then either returns what they brought, in order, or throws the first error in order: unlike
 * `Promise.all` it leaves no call in the air behind its back.
 */
export async function settleAll<Result>(promises: readonly Promise<Result>[]): Promise<readonly Result[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

import type { Client } from '@temporalio/client';
import { expect } from 'vitest';
import { collectProgress } from '../../cli/collect-progress.ts';
import { keepGrowing } from '../../cli/keep-growing.ts';
import type { RunProgress } from '../../domain/run-progress.ts';

/** Every progress of a run that can be seen until it has ended, as a view takes it. */
export async function watchProgress(
  client: Client,
  runName: string,
  ended: Promise<unknown>,
): Promise<readonly RunProgress[]> {
  const seen: RunProgress[] = [];
  const pause = () => new Promise<'on'>((resolve) => setTimeout(resolve, 15, 'on'));
  const over = ended.then(() => 'over' as const);
  while ((await Promise.race([over, pause()])) === 'on') {
    const now = await collectProgress(client, runName).catch(() => undefined);
    if (now !== undefined) seen.push(keepGrowing(seen.at(-1) ?? null, now));
  }
  return seen;
}

/** Expects that no total ever falls, and that nothing is more than its whole. */
export function expectToGrow(seen: readonly RunProgress[]): void {
  for (const { stageDone, stageTotal } of seen) expect(stageDone).toBeLessThanOrEqual(stageTotal);
  for (const total of ['calls', 'promptTokens', 'completionTokens', 'scored'] as const) {
    const values = seen.map((progress) => progress[total]);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
  }
}

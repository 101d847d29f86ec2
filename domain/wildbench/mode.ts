/**
 * How numbers are made: `upstream` repeats what the published tables did, quirks included; `strict` is what one should
 * do. `quirks.ts` lists where they differ.
 */
export type ConformanceMode = 'upstream' | 'strict';

/** Both modes, in the order in which they are offered. */
export const CONFORMANCE_MODES = ['upstream', 'strict'] as const satisfies readonly ConformanceMode[];

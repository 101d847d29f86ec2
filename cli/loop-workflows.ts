import type { LoopName } from '../configs/schema/run-config.ts';

/** The workflow that runs each loop. */
export const LOOP_WORKFLOWS = {
  'online-dpo': 'onlineDpoWorkflow',
  refine: 'refineWorkflow',
  'best-of-n': 'bestOfNWorkflow',
  bolt: 'boltWorkflow',
  wildbench: 'wildbenchWorkflow',
  skillmix: 'skillmixWorkflow',
  magpie: 'magpieWorkflow',
} as const satisfies Record<LoopName, string>;

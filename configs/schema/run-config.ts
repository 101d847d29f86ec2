import { z } from 'zod';
import { bestOfNConfig } from './best-of-n.ts';
import { boltConfig } from './bolt-loop.ts';
import { magpieConfig } from './magpie.ts';
import { onlineDpoConfig } from './online-dpo.ts';
import { refineConfig } from './refine.ts';
import { skillmixConfig } from './skillmix.ts';
import { wildbenchConfig } from './wildbench.ts';

/** The config file of a run: `loop` names what is run and with it the fields. Unknown fields are errors. */
export const runConfig = z.discriminatedUnion('loop', [
  onlineDpoConfig,
  refineConfig,
  bestOfNConfig,
  wildbenchConfig,
  boltConfig,
  skillmixConfig,
  magpieConfig,
]);

export type RunConfig = z.infer<typeof runConfig>;
export type LoopName = RunConfig['loop'];

/** The config of one loop. */
export type ConfigOf<Loop extends LoopName> = Extract<RunConfig, { readonly loop: Loop }>;

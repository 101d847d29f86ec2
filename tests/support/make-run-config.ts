import type { z } from 'zod';
import { runConfig, type RunConfig } from '../../configs/schema/run-config.ts';

/** A whole config that makes preference data only; `changes` replace its sections. */
export function makeRunConfig(changes: Partial<z.input<typeof runConfig>> = {}): RunConfig {
  return runConfig.parse({
    loop: 'online-dpo',
    data: { train: 'train.jsonl', heldOut: 'held-out.jsonl' },
    policy: { baseUrl: 'http://127.0.0.1:8011', model: 'base', modelPath: 'models/base' },
    training: null,
    ...changes,
  });
}

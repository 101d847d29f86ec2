import type { z } from 'zod';
import { onlineDpoConfig, type OnlineDpoConfig } from '../../configs/schema/online-dpo.ts';

/** Sections of a config of online DPO, as they are written in a file. */
export type OnlineDpoChanges = Partial<z.input<typeof onlineDpoConfig>>;

/** A whole config that makes preference data only; `changes` replace its sections. */
export function makeRunConfig(changes: OnlineDpoChanges = {}): OnlineDpoConfig {
  return onlineDpoConfig.parse({
    loop: 'online-dpo',
    data: { train: 'train.jsonl', heldOut: 'held-out.jsonl' },
    policy: { baseUrl: 'http://127.0.0.1:8011', model: 'base', modelPath: 'models/base' },
    training: null,
    ...changes,
  });
}

// Locks that all clients of one server take turns at changing its weights.
import { expect, it } from 'vitest';
import { turnOn } from '../../activities/serving/whole-weights.ts';
import { onlineDpoConfig } from '../../configs/schema/online-dpo.ts';

const configOn = (baseUrl: string, timeoutMs: number) =>
  onlineDpoConfig.parse({
    loop: 'online-dpo',
    data: { train: 'train.jsonl', heldOut: 'held-out.jsonl' },
    policy: { baseUrl, model: 'base', modelPath: 'models/base', timeoutMs },
  });

it('is one turn a server, whatever the settings of a run and however its address is written', () => {
  const turn = turnOn({ config: configOn('http://127.0.0.1:8011', 1000) });
  expect(turnOn({ config: configOn('http://localhost:8011/v1/', 2000) })).toBe(turn);
  expect(turnOn({ config: configOn('http://127.0.0.1:8012', 1000) })).not.toBe(turn);
});

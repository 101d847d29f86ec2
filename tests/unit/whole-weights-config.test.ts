import { describe, expect, it } from 'vitest';
import { runIdentity } from '../../configs/run-identity.ts';
import { boltConfig } from '../../configs/schema/bolt-loop.ts';
import { onlineDpoConfig } from '../../configs/schema/online-dpo.ts';
import { trainsWhole } from '../../configs/schema/whole-weights.ts';

const policy = { baseUrl: 'http://127.0.0.1:8011', model: 'base', modelPath: 'models/base' };
const online = (changes: object) => ({
  loop: 'online-dpo',
  data: { train: 'train.jsonl', heldOut: 'held-out.jsonl' },
  policy,
  ...changes,
});
const bolt = (changes: object) => ({
  loop: 'bolt',
  data: { heldOut: 'held-out.jsonl' },
  policy,
  curation: { queries: ['queries.jsonl'] },
  ...changes,
});

/** Path and message of everything that is wrong. */
function complaints(schema: typeof onlineDpoConfig | typeof boltConfig, config: object): readonly string[] {
  return (schema.safeParse(config).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('the weights that a config trains', () => {
  it('are an adapter by default, with what adapters have, and no mark that older runs lack', () => {
    const { training } = onlineDpoConfig.parse(online({ training: { method: 'grpo', microBatchSize: 2 } }));
    expect(training).toMatchObject({ loraRank: 16, loraAlpha: 32, learningRate: 2e-4 });
    expect(training).not.toHaveProperty('weights');
    expect(trainsWhole(onlineDpoConfig.parse(online({ training: null })))).toBe(false);
  });

  it('are whole where it says so, with a learning rate for them, and read again as they were written', () => {
    const config = onlineDpoConfig.parse(online({ training: { weights: 'full' } }));
    expect(config.training).toMatchObject({ method: 'dpo', weights: 'full', learningRate: 1e-5 });
    expect(config.training).not.toHaveProperty('loraRank');
    expect(onlineDpoConfig.parse(config)).toEqual(config);
    expect(trainsWhole(config)).toBe(true);
  });

  it('are part of what a run is', () => {
    const identityOf = (training: object) => runIdentity(onlineDpoConfig.parse(online({ training })));
    expect(identityOf({ weights: 'lora' })).toEqual(identityOf({}));
    expect(identityOf({ weights: 'full', learningRate: 2e-4 })).not.toEqual(identityOf({}));
  });

  it.each(['loraRank', 'loraAlpha'])('have no %s where they are whole', (field) => {
    const why = `${field}: belongs to adapters, and weights is full: leave it out, or train an adapter with weights: lora`;
    expect(complaints(onlineDpoConfig, online({ training: { weights: 'full', [field]: 8 } }))).toEqual([
      `training.${why}`,
    ]);
    expect(
      complaints(boltConfig, bolt({ stages: ['bootstrap', 'sft'], sft: { weights: 'full', [field]: 8 } })),
    ).toContain(`sft.${why}`);
  });

  it('are not judged by the model whose place they take', () => {
    const judge = { baseUrl: 'http://localhost:8011/v1', model: 'base' };
    const elsewhere = { baseUrl: 'http://127.0.0.1:8012', model: 'base' };
    const whole = { training: { weights: 'full' } };
    const why =
      'is "base" of http://127.0.0.1:8011, whose weights this run replaces (weights: full), so it would change with the policy that it judges: serve the judge elsewhere';
    expect(complaints(onlineDpoConfig, online({ ...whole, judge }))).toEqual([`judge: ${why}`]);
    expect(
      complaints(onlineDpoConfig, online({ ...whole, goldJudge: { ...elsewhere, panel: [judge, elsewhere] } })),
    ).toEqual([`goldJudge: ${why}`]);
    expect(
      complaints(onlineDpoConfig, online({ ...whole, evaluation: { wildbench: { tasks: 'tasks.jsonl', judge } } })),
    ).toEqual([`evaluation.wildbench.judge: ${why}`]);
    expect(complaints(onlineDpoConfig, online({ ...whole, judge: elsewhere }))).toEqual([]);
    expect(complaints(onlineDpoConfig, online({ judge }))).toEqual([]);
  });

  it('are not what labels or bootstraps for BOLT, but as the base model that they begin from', () => {
    const by = { baseUrl: 'http://localhost:8011/v1', model: 'base' };
    const whole = { sft: { weights: 'full' }, online: { training: { weights: 'full' } } };
    const why =
      'is "base" of http://127.0.0.1:8011, whose weights this run replaces (weights: full), so it would change with the policy: say self for the base model, or name another';
    const who = (other: object | string) => ({
      curation: { queries: ['queries.jsonl'], labeller: { by: other } },
      bootstrap: { by: other },
    });
    expect(complaints(boltConfig, bolt({ sft: whole.sft, online: { training: null }, ...who(by) }))).toEqual([
      `curation.labeller.by: ${why}`,
      `bootstrap.by: ${why}`,
    ]);
    expect(complaints(boltConfig, bolt({ ...whole, ...who(by) }))).toEqual([
      `curation.labeller.by: ${why}`,
      `bootstrap.by: ${why}`,
    ]);
    expect(complaints(boltConfig, bolt({ ...whole, ...who({ ...by, model: 'other' }) }))).toEqual([]);
    expect(complaints(boltConfig, bolt({ ...whole, ...who('self') }))).toEqual([]);
    expect(complaints(boltConfig, bolt(who(by)))).toEqual([]);
  });

  it('are of one kind in all stages of BOLT', () => {
    const whole = bolt({ sft: { weights: 'full' }, online: { training: { weights: 'full' } } });
    expect(complaints(boltConfig, whole)).toEqual([]);
    expect(trainsWhole(boltConfig.parse(whole))).toBe(true);
    expect(complaints(boltConfig, bolt({ sft: { weights: 'full' } }))).toEqual([
      'online.training.weights: the rounds go on from what fine-tuning made, and sft.weights is full: give both the same',
    ]);
    expect(complaints(boltConfig, bolt({ online: { training: { weights: 'full' } } }))).toEqual([
      'online.training.weights: the rounds go on from what fine-tuning made, and sft.weights is lora: give both the same',
    ]);
    expect(complaints(boltConfig, bolt({ sft: { weights: 'full' }, online: { training: null } }))).toEqual([]);
  });

  it('are adapters of one shape in all stages of BOLT that are run', () => {
    const apart = { sft: { loraRank: 8 }, online: { training: { loraRank: 16, loraAlpha: 64 } } };
    expect(complaints(boltConfig, bolt(apart))).toEqual([
      'online.training.loraRank: the rounds go on with the adapter that fine-tuning made, and sft.loraRank is 8: give both the same',
      'online.training.loraAlpha: the rounds go on with the adapter that fine-tuning made, and sft.loraAlpha is 32: give both the same',
    ]);
    expect(complaints(boltConfig, bolt({ ...apart, stages: ['bootstrap', 'sft'] }))).toEqual([]);
  });
});

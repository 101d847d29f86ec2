import { describe, expect, it } from 'vitest';
import { isOperational, runIdentity } from '../../configs/run-identity.ts';
import { makeRunConfig } from '../support/make-run-config.ts';

const POLICY = { baseUrl: 'http://127.0.0.1:8011', model: 'base', modelPath: 'models/base' };
const TASKS = (judge: object) => ({ wildbench: { tasks: 'tasks.jsonl', judge: { ...JUDGE, ...judge } } });
const JUDGE = { baseUrl: 'http://127.0.0.1:8012', model: 'judge' };

describe('runIdentity', () => {
  it('does not depend on where the judge of tasks is served, and depends on who it is', () => {
    const identityOf = (judge: object) => runIdentity(makeRunConfig({ policy: POLICY, evaluation: TASKS(judge) }));
    expect(identityOf({ baseUrl: 'http://10.0.0.1:1', callsInFlight: 1 })).toEqual(identityOf({}));
    expect(identityOf({ model: 'other' })).not.toEqual(identityOf({}));
  });

  it.each([
    ['how many rounds to go', { rounds: 7 }],
    ['where artifacts lie', { store: { root: 'elsewhere', minFreeMb: 1 } }],
    ['where Temporal is', { temporal: { address: '10.0.0.1:7233', namespace: 'other', taskQueue: 'other' } }],
    ['how many shards are worked on at once', { shards: { inFlight: 9 } }],
    [
      'where and how fast the policy is served',
      {
        policy: { ...POLICY, baseUrl: 'http://10.0.0.1:1', apiKeyEnv: 'KEY', timeoutMs: 1000, callsInFlight: 1 },
      },
    ],
    [
      'where and how fast the judge is served',
      { judge: { ...JUDGE, baseUrl: 'http://10.0.0.1:1', apiKeyEnv: 'KEY', timeoutMs: 1000, callsInFlight: 1 } },
    ],
  ])('does not depend on %s', (_what, change) => {
    const before = makeRunConfig({ policy: POLICY, judge: JUDGE });
    expect(runIdentity(makeRunConfig({ policy: POLICY, judge: JUDGE, ...change }))).toEqual(runIdentity(before));
  });

  it.each([
    ['the seed', { seed: 2 }],
    ['the training prompts', { data: { train: 'other.jsonl', heldOut: 'held-out.jsonl' } }],
    ['the model', { policy: { ...POLICY, model: 'other' } }],
    ['the base checkpoint', { policy: { ...POLICY, modelPath: 'models/other' } }],
    ['sampling', { sampling: { temperature: 0.5 } }],
    ['evaluation', { evaluation: { confidence: 0.9 } }],
    ['selection', { selection: { minMargin: 0.5 } }],
    ['training', { training: { beta: 0.2 } }],
    ['publishing', { publish: { tolerance: 1 } }],
    ['limits', { limits: { maxFailedShare: 0.5 } }],
    ['the size of a shard', { shards: { rows: 3 } }],
    ['having no judge', { judge: undefined }],
    ['what the judge may write', { judge: { ...JUDGE, maxTokens: 99 } }],
  ])('depends on %s', (_what, change) => {
    const before = makeRunConfig({ policy: POLICY, judge: JUDGE });
    expect(runIdentity(makeRunConfig({ policy: POLICY, judge: JUDGE, ...change }))).not.toEqual(runIdentity(before));
  });

  it('may be gone on from with other settings of how a run is kept going, in BOLT too', () => {
    const fields = ['limits.maxFailedShare', 'publish.tolerance', 'selection.whenEmpty', 'training.saveSteps'];
    const more = ['sft.microBatchSize', 'training.command.0', 'training.device', 'publish'];
    const rounds = fields.map((field) => `online.${field}`);
    for (const field of [...fields, ...more, ...rounds]) expect(isOperational(`config.${field}`), field).toBe(true);
    const others = ['seed', 'selection.minMargin', 'training.batchSize', 'sft.epochs', 'evaluation.limits', 'limitsOf'];
    for (const field of others) expect(isOperational(`config.${field}`), field).toBe(false);
    expect(isOperational('train')).toBe(false);
  });
});

// Locks that a config which names a dataset says who judges what is answered to it, before anything is started.
import { describe, expect, it } from 'vitest';
import { runIdentity } from '../../configs/run-identity.ts';
import { runConfig } from '../../configs/schema/run-config.ts';
import { makeRunConfig } from '../support/make-run-config.ts';

const POLICY = { baseUrl: 'http://127.0.0.1:8011', model: 'base', modelPath: 'models/base' };
const REWARD = { baseUrl: POLICY.baseUrl, model: 'reward' };
const NO_COMMA = { question: 'Is it free of commas?', verifier: { kind: 'no_comma', args: {} } };
const JUDGED = { question: 'Is it polite?' };
const dataset = { dataset: 'made' };

const issuesOf = (config: unknown): string[] =>
  (runConfig.safeParse(config).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);

const online = (data: object) => ({ loop: 'online-dpo', data: { heldOut: 'h.jsonl', ...data }, policy: POLICY });
const bolt = (data: object, changes: object = {}) => ({
  loop: 'bolt',
  data: { heldOut: 'h.jsonl', ...data },
  policy: POLICY,
  curation: { queries: ['q.jsonl', dataset] },
  ...changes,
});
const refine = (checklists: object) => ({
  loop: 'refine',
  data: { prompts: dataset },
  policy: { baseUrl: POLICY.baseUrl, model: 'base' },
  checklists,
});

describe('a config that names a dataset', () => {
  it.each([
    ['online rounds', online({ train: dataset, checklist: [NO_COMMA] })],
    ['refinement', refine({ source: 'tick' })],
    ['all of BOLT', bolt({ checklist: [JUDGED] })],
    ['BOLT with a reward model and prompts of its own', bolt({ train: 't.jsonl' }, { bootstrap: { scorer: REWARD } })],
    ['BOLT that goes on from another run', bolt({ train: 't.jsonl' }, { stages: ['sft'], from: 'other' })],
  ])('is taken for %s', (_what, config) => {
    expect(issuesOf(config)).toEqual([]);
  });

  it.each([
    [
      online({ train: dataset }),
      'data.checklist: the dataset of run "made" brings no checklists: give the items that answers to its prompts are judged by',
    ],
    [online({ train: dataset, checklist: [] }), 'data.checklist: must hold at least one item'],
    [
      refine({}),
      'checklists.source: the dataset of run "made" brings no checklists: have them written, with "tick" or "rlcf-candidates"',
    ],
    [
      bolt({}),
      'data.checklist: the dataset of run "made" brings no checklists: give the items that solutions are scored by, or a reward model as bootstrap.scorer',
    ],
    [
      bolt({ checklist: [JUDGED] }, { bootstrap: { scorer: 'verifier' } }),
      'data.checklist: the dataset of run "made" brings no checklists: give an item with a verifier, or another bootstrap.scorer',
    ],
    [
      bolt({}, { bootstrap: { scorer: REWARD } }),
      'data.checklist: the dataset of run "made" brings no checklists: give the items that the online rounds judge by, or prompts of their own in data.train',
    ],
    [
      online({ train: { dataset: '../other' }, checklist: [NO_COMMA] }),
      'data.train.dataset: must be the name of a run',
    ],
    [online({ train: { dataset: 'made', rows: 3 }, checklist: [NO_COMMA] }), 'data.train: Unrecognized key: "rows"'],
    [
      online({ train: 7, checklist: [NO_COMMA] }),
      'data.train: must be the path of a JSONL file, or { dataset: <name of a run> }',
    ],
  ])('is refused with what is missing (%#)', (config, issue) => {
    expect(issuesOf(config)).toEqual([issue]);
  });

  it('is another run than one with another dataset or other items, and one without them is as before', () => {
    const identityOf = (data: object) => runIdentity(runConfig.parse(online(data)));
    const identity = identityOf({ train: dataset, checklist: [NO_COMMA] });
    expect(identityOf({ train: { dataset: 'other' }, checklist: [NO_COMMA] })).not.toEqual(identity);
    expect(identityOf({ train: dataset, checklist: [JUDGED] })).not.toEqual(identity);
    expect(runIdentity(makeRunConfig())).toMatchObject({ data: { train: 'train.jsonl', heldOut: 'held-out.jsonl' } });
    expect(JSON.stringify(runIdentity(makeRunConfig()))).not.toContain('checklist');
  });
});

import { z } from 'zod';
import { onlineConfigOf } from '../../domain/bolt/online-config.ts';
import { boltBootstrap, boltCuration, boltSft } from './bolt.ts';
import { judgeConfig } from './judge.ts';
import { onlineDpoConfig } from './online-dpo.ts';
import { addedChecklist, describeSource, promptSource } from './prompt-source.ts';
import { runFields } from './run-fields.ts';
import { checkJudgesApart, checkStagesAgree } from './whole-weights.ts';

/** The stages of BOLT, in order. */
const STAGES = ['bootstrap', 'sft', 'online'] as const;

// What the rounds share with the other stages stands beside them; all else is theirs.
const {
  loop: _loop,
  rounds: _rounds,
  seed: _seed,
  store: _store,
  limits: _limits,
  shards: _shards,
  temporal: _temporal,
  data,
  policy,
  judge: _judge,
  goldJudge,
  evaluation,
  publish,
  ...roundFields
} = onlineDpoConfig.shape;

const fields = z.strictObject({
  loop: z.literal('bolt').describe('long chains of thought: bootstrapping, supervised fine-tuning, online rounds'),
  ...runFields,
  stages: z
    .array(z.enum(STAGES))
    .min(1)
    .default([...STAGES])
    .describe('which of its three stages to run, in order; a later one alone goes on from what "from" names'),
  from: z
    .string()
    .min(1)
    .optional()
    .describe('run of the same store that the first stage goes on from: its rows (sft) or its tuned policy (online)'),
  data: data.extend({
    train: promptSource
      .optional()
      .describe(
        'prompts of the online rounds: a JSONL file, or { dataset: <run> }; default: the curated queries that have a checklist',
      ),
    checklist: addedChecklist.describe(
      'items that every curated query and every prompt of the online rounds is judged by, after its own',
    ),
  }),
  policy,
  judge: judgeConfig.optional().describe('decides the items that have no verifier; is never shown any thoughts'),
  goldJudge,
  curation: boltCuration.optional().describe('which queries are bootstrapped from; needed by stage bootstrap'),
  bootstrap: boltBootstrap.prefault({}),
  sft: boltSft.prefault({}),
  online: z
    .strictObject({
      rounds: z.int().min(1).max(1000).default(3).describe('training rounds after the supervised fine-tuning'),
      ...roundFields,
      formatReward: z
        .boolean()
        .default(true)
        .describe('a response that breaks the layout passes no item; false: whatever it shows to a user is judged'),
    })
    .prefault({}),
  evaluation: evaluation.describe('of the base, of the tuned policy and of each round'),
  publish,
});

/**
 * BOLT's three stages. @source BOLT (arXiv 2502.03860) §3
 */
export const boltConfig = fields.superRefine((config, context) => {
  checkStages(config, context);
  checkQueriesJudgeable(config, context);
  checkLengths(config, context);
  checkStagesAgree(config, context);
  checkJudgesApart(config, (path, message) => {
    // The rounds say it of their judges themselves below.
    const isOfRounds = config.online.training !== null && path[0] !== 'curation' && path[0] !== 'bootstrap';
    if (!isOfRounds) context.addIssue({ code: 'custom', path: [...path], message });
  });
  const rounds = onlineDpoConfig.safeParse(onlineConfigOf(config));
  for (const issue of rounds.error?.issues ?? []) {
    const [field] = issue.path;
    const isOwn = typeof field === 'string' && field in roundFields;
    context.addIssue({ ...issue, code: 'custom', path: isOwn ? ['online', ...issue.path] : issue.path });
  }
});

export type BoltConfig = z.infer<typeof boltConfig>;

type Fields = z.infer<typeof fields>;

function checkStages({ stages, from, curation, data }: Fields, context: z.RefinementCtx): void {
  const complain = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  const [first] = stages;
  const at = STAGES.findIndex((stage) => stage === first);
  if (stages.some((stage, index) => stage !== STAGES[at + index])) {
    complain('stages', `must follow each other as in ${STAGES.join(', ')}`);
  }
  if (first === 'bootstrap' && curation === undefined) complain('curation', 'stage bootstrap needs its queries');
  if (first === 'bootstrap' && from !== undefined)
    complain('from', 'stage bootstrap starts from nothing: leave it out');
  if (first !== 'bootstrap' && from === undefined) {
    complain('from', `stage ${first} needs the name of a run to go on from, or the stages before it`);
  }
  if (!stages.includes('bootstrap') && stages.includes('online') && data.train === undefined) {
    complain('data', 'stage online needs a train file where no queries are curated before it');
  }
}

/** A dataset brings no checklist: its solutions are scored by the items of the config, or by a reward model. */
function checkQueriesJudgeable({ stages, curation, bootstrap, data }: Fields, context: z.RefinementCtx): void {
  const queries = stages.includes('bootstrap') ? (curation?.queries ?? []) : [];
  const dataset = queries.find((source) => typeof source !== 'string');
  if (dataset === undefined) return;
  const complain = (what: string) =>
    context.addIssue({
      code: 'custom',
      path: ['data', 'checklist'],
      message: `${describeSource(dataset)} brings no checklists: ${what}`,
    });
  const { scorer } = bootstrap;
  if (scorer === 'verifier' && !data.checklist?.some(({ verifier }) => verifier !== undefined)) {
    complain('give an item with a verifier, or another bootstrap.scorer');
  } else if (scorer === 'checklist' && data.checklist === undefined) {
    complain('give the items that solutions are scored by, or a reward model as bootstrap.scorer');
  } else if (data.checklist === undefined && stages.includes('online') && data.train === undefined) {
    complain('give the items that the online rounds judge by, or prompts of their own in data.train');
  }
}

function checkLengths({ bootstrap, sft }: Fields, context: z.RefinementCtx): void {
  const longest = bootstrap.format.thoughtTokens.min + bootstrap.format.solutionTokens.min;
  const complain = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (longest > bootstrap.sampling.maxTokens) {
    complain(
      ['bootstrap', 'sampling', 'maxTokens'],
      `no response of at most ${bootstrap.sampling.maxTokens} tokens can reach the floors of ${longest}`,
    );
  }
  if (longest > sft.maxLength) complain(['sft', 'maxLength'], `no row can reach the floors of ${longest}`);
  const { batchSize, microBatchSize = batchSize } = sft;
  if (batchSize % microBatchSize !== 0) {
    complain(['sft', 'microBatchSize'], `must divide batchSize (${batchSize}), got ${microBatchSize}`);
  }
}

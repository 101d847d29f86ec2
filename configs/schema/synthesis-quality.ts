import { z } from 'zod';
import { needsOf, pointOf, type FilterNeed } from '../../domain/synthesis/filter-rule.ts';
import { VECTOR_INDEX_KINDS } from '../../domain/synthesis/neighbours.ts';
import { embedderConfig, endpointFields, rewardModelConfig } from './endpoint.ts';
import { judgeConfig } from './judge.ts';
import { samplingConfig } from './sampling.ts';
import { filterRule, rulesOf, selectionOf, synthesisFilters } from './synthesis-filters.ts';

const endpoint = z.strictObject(endpointFields);
const selfOr = z.union([z.literal('self'), endpoint]).default('self');

/** What is said of each query, before a reply is paid for. @source Magpie (arXiv 2406.08464) §2.2, appendix C */
const synthesisTags = z.strictObject({
  ask: z
    .array(z.enum(['category', 'quality', 'difficulty']))
    .default([])
    .describe('tags that a model is asked for, a call each; a small model answers with noise'),
  by: selfOr.describe('who is asked: "self" is the policy, otherwise an endpoint that takes a JSON schema'),
  attempts: z.int().min(1).max(5).default(2).describe('tries for a readable tag, each with a new seed'),
  temperature: z.number().min(0).max(2).default(0).describe('softmax temperature of the first try'),
  retryTemperature: z.number().min(0).max(2).default(0.7).describe('lowest softmax temperature of later tries'),
  maxTokens: z.int().min(32).max(4096).default(512).describe('longest reply, tokens; thoughts count'),
  language: z
    .strictObject({
      among: z
        .array(z.string().min(2))
        .default([])
        .describe('ISO 639-1 codes that the detector chooses from; []: all sixty that it knows'),
    })
    .nullable()
    .default({ among: [] })
    .describe('tell the language of each query; null: do not'),
  guard: z
    .strictObject({
      ...endpointFields,
      format: z
        .enum(['llama-guard', 'json'])
        .default('llama-guard')
        .describe(
          'llama-guard: the query alone is sent, and "safe", or "unsafe" and a line of categories, comes back; json: our own prompt and a JSON schema, for any chat model',
        ),
      attempts: z.int().min(1).max(5).default(2).describe('tries for a readable verdict, each with a new seed'),
      maxTokens: z.int().min(4).max(4096).default(128).describe('longest reply, tokens; thoughts count'),
    })
    .optional()
    .describe('a guard model that says whether a query is safe'),
});

/** Which earlier query is the nearest. @source Magpie (arXiv 2406.08464) §3.2 */
const synthesisNeighbours = z.strictObject({
  by: z
    .union([z.literal('words'), z.literal('none'), embedderConfig])
    .default('words')
    .describe(
      'words: by the words that two queries share, without a model; an embedding model: by meaning; none: exact duplicates alone',
    ),
  shingleWords: z.int().min(1).max(20).default(3).describe('words in a shingle, where words are compared'),
  index: z
    .enum(VECTOR_INDEX_KINDS)
    .default('exact')
    .describe(
      'how the vectors of an embedding model are searched. exact: each of them, so that the time of all searches grows with the square of the rows; hnsw: along a graph, for more than some ten thousand rows. It may miss a neighbour: distances are true ones, repeats are those that it found',
    ),
  repeatBelow: z
    .number()
    .gt(0)
    .max(2)
    .optional()
    .describe(
      'distance below which a query repeats another. By meaning it is 1 - cosine, and 0.025 is the default: the published 0.05 is squared L2, twice that. By words it is 1 - Jaccard, and the default is 0.4',
    ),
});

/** What a reward model says of each conversation. @source Magpie (arXiv 2406.08464) §2.2, appendix C */
const synthesisRewards = z.strictObject({
  ...rewardModelConfig.shape,
  base: z
    .strictObject({
      ...endpointFields,
      maxTokens: z.int().min(1).max(8192).default(512).describe('longest reply of the base model, tokens'),
    })
    .optional()
    .describe('a base model, without instruction tuning, whose reply the reward is held against'),
});

/** Pairs of replies to the queries that were kept. @source Magpie (arXiv 2406.08464) §2.2, §4.1 */
const synthesisPreferences = z
  .strictObject({
    by: selfOr.describe('who replies: "self" is the policy, otherwise an endpoint'),
    draws: z
      .array(
        z.strictObject({
          temperature: z.number().gt(0).max(2).describe('softmax temperature'),
          samples: z.int().min(1).max(64).describe('replies at it'),
        }),
      )
      .min(1)
      .default([{ temperature: 0.8, samples: 5 }])
      .describe('replies to draw for each query; the paper draws five at 0.8'),
    sampling: samplingConfig.omit({ temperature: true }).prefault({ maxTokens: 1024 }),
    judge: judgeConfig
      .optional()
      .describe('scores replies by a checklist instead of the reward model; mode score gives 0 to 100 an item'),
    checklist: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('questions that the judge answers about every reply; default: the universal items'),
    minMargin: z
      .number()
      .min(0)
      .default(0)
      .describe('smallest difference of a pair, in units of the score; equal scores never make one'),
    only: z
      .array(filterRule)
      .default([])
      .describe('conditions that a query has to meet to be worth a pair, such as a quality'),
  })
  .superRefine(({ draws, only, judge, checklist }, context) => {
    const complain = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    const samples = draws.reduce((sum, draw) => sum + draw.samples, 0);
    if (samples < 2) complain(['draws'], 'one reply is no pair: draw two or more');
    if (new Set(draws.map(({ temperature }) => temperature)).size < draws.length) {
      complain(['draws'], 'names a temperature twice: add up their samples');
    }
    const late = only.findIndex((rule) => pointOf(rule) === 'reply');
    if (late >= 0) complain(['only', late], 'looks at a reply, and these conditions are for queries');
    if (checklist !== undefined && judge === undefined) {
      complain(['checklist'], 'is answered by a judge, and there is none: add judge or leave it out');
    }
  });

/** How good synthesized rows are, and which of them are kept. */
export const synthesisQuality = z
  .strictObject({
    tags: synthesisTags.prefault({}),
    neighbours: synthesisNeighbours.prefault({}),
    filters: synthesisFilters.prefault({}),
    rewards: synthesisRewards.optional().describe('a reward model that scores each conversation'),
    preferences: synthesisPreferences.optional().describe('draws pairs for preference training, beside the dataset'),
  })
  .superRefine((quality, context) => {
    const complain = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    const { preferences, rewards, filters, neighbours } = quality;
    if (neighbours.index === 'hnsw' && typeof neighbours.by === 'string') {
      complain(
        ['neighbours', 'index'],
        `hnsw searches the vectors of an embedding model, and neighbours.by is "${neighbours.by}": name a model there, or leave the index out`,
      );
    }
    const preset = filters.preset === null ? '' : ` (preset ${filters.preset} included)`;
    for (const rule of rulesOf(filters)) {
      const missing = needsOf(rule).find((need) => !isProvided(quality, need));
      if (missing !== undefined) complain(['filters'], `${rule.kind}${preset} needs ${PROVIDERS[missing]}`);
    }
    if (selectionOf(filters).mix !== undefined && !isProvided(quality, 'difficulty')) {
      complain(['filters', 'preset'], `${filters.preset} mixes difficulties, which needs ${PROVIDERS.difficulty}`);
    }
    if (selectionOf(filters).take === 'longest' && !rulesOf(filters).some(({ kind }) => kind === 'reply-whole')) {
      complain(
        ['filters'],
        `${filters.preset ?? 'select.take'} takes the longest replies, which are those that were cut off by their length: add { kind: reply-whole } to filters.rules, or set filters.select.take to first`,
      );
    }
    for (const [index, rule] of (preferences?.only ?? []).entries()) {
      const missing = needsOf(rule).find((need) => !isProvided(quality, need));
      if (missing !== undefined) complain(['preferences', 'only', index], `needs ${PROVIDERS[missing]}`);
    }
    if (preferences !== undefined && preferences.judge === undefined && rewards === undefined) {
      complain(['preferences'], 'needs something that scores replies: add rewards, or a judge in preferences');
    }
  });

export type SynthesisQuality = z.infer<typeof synthesisQuality>;
export type SynthesisNeighbours = SynthesisQuality['neighbours'];

/** What has to be asked for, so that a rule has something to look at. */
const PROVIDERS: Readonly<Record<FilterNeed, string>> = {
  category: '"category" in tags.ask',
  otherCategories: '"category" in tags.ask',
  quality: '"quality" in tags.ask',
  qualityExplanation: '"quality" in tags.ask',
  difficulty: '"difficulty" in tags.ask',
  intent: '"difficulty" in tags.ask',
  knowledge: '"difficulty" in tags.ask',
  language: 'tags.language',
  safety: 'tags.guard',
  neighbour: 'neighbours.by other than "none"',
  reply: 'a reply',
  reward: 'rewards',
  rewardDifference: 'rewards.base',
};

function isProvided({ tags, neighbours, rewards }: SynthesisQuality, need: FilterNeed): boolean {
  switch (need) {
    case 'category':
    case 'otherCategories':
      return tags.ask.includes('category');
    case 'quality':
    case 'qualityExplanation':
      return tags.ask.includes('quality');
    case 'difficulty':
    case 'intent':
    case 'knowledge':
      return tags.ask.includes('difficulty');
    case 'language':
      return tags.language !== null;
    case 'safety':
      return tags.guard !== undefined;
    case 'neighbour':
      return neighbours.by !== 'none';
    case 'reply':
      return true;
    case 'reward':
      return rewards !== undefined;
    case 'rewardDifference':
      return rewards?.base !== undefined;
  }
}

/** Distance below which a query repeats another, as the config says or as the way of comparing has it. */
export function repeatDistance({ by, repeatBelow }: SynthesisNeighbours): number {
  return repeatBelow ?? (typeof by === 'string' ? 0.4 : 0.025);
}

/**
 * The quality part of the config of a loop that synthesizes; `undefined` for the other loops.
 *
 * @param config of any loop: those that synthesize have a field `quality`
 */
export function qualityOf(config: object): SynthesisQuality | undefined {
  return 'quality' in config ? (config as { readonly quality: SynthesisQuality }).quality : undefined;
}

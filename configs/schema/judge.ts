import { z } from 'zod';
import type { JudgeMethod } from '../../domain/judging/judge-method.ts';
import { endpointFields } from './endpoint.ts';

const MOST_READINGS = 99;

const memberFields = {
  ...endpointFields,
  mode: z
    .enum(['item', 'list', 'probability', 'score'])
    .default('item')
    .describe(
      'item: one question a call, reason before verdict; list: several questions in one structured reply; probability: P(YES) of the next token; score: 0 to 100, averaged',
    ),
  verdict: z
    .enum(['line', 'two-step'])
    .default('line')
    .describe(
      'where mode item reads a verdict: line: the line that the reply has to end with; two-step: where that line is missing (small judges seldom write it) or cut off, a second call shows the judge its own reason and lets it say only YES or NO; needs vLLM',
    ),
  maxTokens: z
    .int()
    .min(4)
    .max(32768)
    .default(256)
    .describe('longest judgement of one item, tokens; a list of n items may take n times as many; thoughts count'),
  temperature: z.number().min(0).max(2).default(0).describe('softmax temperature of the judge'),
  topP: z.number().gt(0).max(1).default(1).describe('nucleus mass of the judge, (0, 1]'),
  attempts: z.int().min(1).max(5).default(3).describe('tries for a readable verdict, each with a new seed'),
  retryTemperature: z
    .number()
    .min(0)
    .max(2)
    .default(0.7)
    .describe('lowest temperature of a second or later try: at 0 the same unreadable words would come back'),
  votes: z
    .int()
    .min(1)
    .max(MOST_READINGS)
    .default(1)
    .describe('verdicts on an item (K, odd), of which the majority counts'),
  stopEarly: z
    .boolean()
    .default(true)
    .describe('stop voting on an item once the majority is certain; false also gives the share of yes votes'),
  listItems: z.int().min(1).max(16).default(4).describe('most questions in one call of mode list'),
  probabilityBy: z
    .enum(['next-token', 'generative-scoring'])
    .default('next-token')
    .describe(
      'mode probability reads the 20 likeliest next tokens, or asks the /generative_scoring endpoint of vLLM for the labels as it spells them',
    ),
  minLabelMass: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('smallest P(YES) + P(NO) that counts as a verdict in mode probability'),
  scoreSamples: z.int().min(1).max(MOST_READINGS).default(5).describe('scores of an item that mode score averages'),
  scoreThreshold: z.number().min(0).max(100).default(50).describe('lowest mean score that is a yes in mode score'),
};

type Member = z.infer<z.ZodObject<typeof memberFields>>;

/** The rules between the fields of one judge. */
function checkMember({ mode, verdict, votes, temperature, scoreSamples }: Member, context: z.RefinementCtx): void {
  const complain = (field: keyof Member, message: string): void => {
    context.addIssue({ code: 'custom', path: [field], message });
  };
  if (verdict === 'two-step' && mode !== 'item') {
    complain('verdict', `mode ${mode} has no verdict line; leave it out or set mode to item`);
  }
  const hasVotes = mode === 'item' || mode === 'list';
  if (votes % 2 === 0) complain('votes', `must be odd, or half of the votes could stand against half; got ${votes}`);
  if (votes > 1 && !hasVotes) {
    complain(
      'votes',
      `mode ${mode} takes no votes; ${mode === 'score' ? 'raise scoreSamples instead' : 'leave them out'}`,
    );
  }
  if (votes > 1 && hasVotes && temperature === 0) {
    complain('temperature', `temperature 0 would draw the same verdict ${votes} times; raise it or set votes to 1`);
  }
  if (mode === 'score' && scoreSamples > 1 && temperature === 0) {
    complain(
      'temperature',
      `temperature 0 would draw the same score ${scoreSamples} times; raise it or set scoreSamples to 1`,
    );
  }
}

const judgeMember = z.strictObject(memberFields).superRefine(checkMember);

/** A model that decides items, alone or as the first of a panel. */
export const judgeConfig = z
  .strictObject({
    ...memberFields,
    panel: z
      .array(judgeMember)
      .max(8)
      .default([])
      .describe('further judges of other models; the majority of all of them decides, so their number is even'),
    useVerifiers: z
      .boolean()
      .default(true)
      .describe('items with a verifier are decided by code; false: the judge decides them too'),
    verifierMode: z
      .enum(['replace', 'average'])
      .default('replace')
      .describe('code decides alone, or its 1 or 0 is averaged with the probability that the judge gives'),
  })
  .superRefine((judge, context) => {
    checkMember(judge, context);
    if (judge.panel.length % 2 === 1) {
      context.addIssue({
        code: 'custom',
        path: ['panel'],
        message: `with the first judge they are ${judge.panel.length + 1}, an even number that may split in halves; add or remove one`,
      });
    }
    if (!judge.useVerifiers && judge.verifierMode === 'average') {
      context.addIssue({
        code: 'custom',
        path: ['verifierMode'],
        message: 'average needs the verifiers that useVerifiers: false switches off',
      });
    }
  });

export type JudgeConfig = z.infer<typeof judgeConfig>;

/** One judge of a panel. */
export type JudgeMemberConfig = z.infer<typeof judgeMember> & JudgeMethod;

/** All judges of a panel, the first one first. */
export function panelOf({
  panel,
  useVerifiers: _use,
  verifierMode: _mode,
  ...first
}: JudgeConfig): readonly JudgeMemberConfig[] {
  return [first, ...panel];
}

import { z } from 'zod';
import { endpointFields, policyConfig } from './endpoint.ts';
import { intervalFields, runFields } from './run-fields.ts';
import { samplingConfig } from './sampling.ts';
import { skillInventory } from './skill-inventory.ts';

const runName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, { error: 'must be the name of a run' });

/** Who writes: an endpoint of its own, apart from the policy. */
const teacherConfig = z.strictObject({
  ...endpointFields,
  server: z
    .enum(['vllm', 'openai'])
    .default('openai')
    .describe('vllm counts the tokens of a prompt itself; with openai they are estimated from its characters'),
  contextTokens: z
    .int()
    .min(256)
    .optional()
    .describe('context length of a server that does not tell it; a longer chat is not sent'),
});

const gateConfig = z.strictObject({
  judge: z
    .union([z.literal('self'), z.strictObject(endpointFields)])
    .default('self')
    .describe('who compares a refined pair with its draft: the policy itself, or another model'),
  maxTokens: z.int().min(8).max(4096).default(256).describe('longest comparison, tokens'),
  temperature: z.number().min(0).max(2).default(0).describe('softmax temperature of the first try; later ones 0.7'),
});

const lowQualityConfig = z.strictObject({
  kind: z
    .enum(['brevity', 'junk'])
    .describe('answers of one paragraph to the same message, or long, lazy and generic ones'),
  share: z.number().gt(0).max(1).describe('share of the rows whose answer is replaced; exact to the row'),
});

const generationFields = z.strictObject({
  output: z
    .enum(['labels', 'json'])
    .default('labels')
    .describe('headings in a text, or a JSON object that the server holds the reply to'),
  examples: z
    .int()
    .min(0)
    .max(4)
    .default(2)
    .describe('worked examples shown at most; dropped where the context is short'),
  responseWords: z
    .int()
    .min(20)
    .max(4000)
    .default(350)
    .describe('words of an answer that the teacher is asked to stay below'),
  critique: z.boolean().default(true).describe('criticise and refine each draft; false: drafts are the rows'),
  critiqueMaxTokens: z.int().min(16).max(8192).default(512).describe('longest critique, tokens'),
  rewriteCut: z
    .boolean()
    .default(true)
    .describe('ask for a shorter whole pair where the length limit cut a reply; false: draw it anew'),
  attempts: z.int().min(1).max(8).default(3).describe('tries for a readable turn, each with a new seed'),
  redraws: z
    .int()
    .min(0)
    .max(20)
    .default(3)
    .describe('other combinations for a row whose pair could not be had; after that the row is missing'),
  onFailedRefine: z
    .enum(['draft', 'drop'])
    .default('drop')
    .describe('what becomes of a pair whose rewrite could not be read: its draft is the row, or it has none'),
  gate: gateConfig
    .optional()
    .describe('keep a draft unless a judge prefers the refined pair; without it, refined pairs are taken'),
  minYield: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe('the run is held when a smaller share of the first combinations gives a row'),
});

/**
 * Instruct-SkillMix: an inventory of skills, random combinations of them, and for each a message and an answer that a
 * teacher drafts, criticises and refines.
 *
 * @source Instruct-SkillMix (arXiv 2408.14774)
 */
export const skillmixConfig = z
  .strictObject({
    loop: z.literal('skillmix').describe('Instruct-SkillMix: instructions and answers from random skills'),
    ...runFields,
    policy: policyConfig.describe('the model that the run is about; the teacher, unless another is named'),
    teacher: z
      .union([z.literal('self'), teacherConfig])
      .default('self')
      .describe('who names skills and writes pairs'),
    numRows: z.int().min(1).max(1_000_000).describe('rows of the dataset'),
    inventory: skillInventory,
    draw: z
      .strictObject({
        skills: z
          .array(z.int().min(1).max(4))
          .min(1)
          .max(4)
          .default([2])
          .describe('skills of a combination (k); several sizes get equal parts of the rows'),
        part: z
          .enum(['train', 'held-out'])
          .default('train')
          .describe('which combinations are drawn; the two parts share none, whatever the seeds of two runs'),
        heldOutShare: z.number().min(0).max(0.9).default(0).describe('share of all combinations that is held out'),
      })
      .prefault({}),
    sampling: samplingConfig.prefault({ temperature: 0.7, maxTokens: 1024 }).describe('of messages and answers'),
    generation: generationFields.prefault({}),
    lowQuality: lowQualityConfig.optional().describe('spoil a share of the answers, to see what they do to a training'),
    evaluation: z.strictObject(intervalFields).prefault({}),
  })
  .superRefine(({ draw, generation, sampling, inventory, teacher }, context) => {
    const complain = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (draw.part === 'held-out' && draw.heldOutShare === 0) {
      complain(
        ['draw', 'heldOutShare'],
        'is 0, so nothing is held out: raise it, and give the training run the same value',
      );
    }
    if (new Set(draw.skills).size !== draw.skills.length) complain(['draw', 'skills'], 'names a size twice');
    if (sampling.temperature === 0 && generation.attempts > 1) {
      complain(
        ['sampling', 'temperature'],
        '0 would write the same unreadable reply again; raise it or set attempts to 1',
      );
    }
    const { topK, minP, repetitionPenalty, repetitionDetection } = sampling;
    if (teacher !== 'self' && teacher.server === 'openai') {
      const given = Object.entries({
        topK: topK !== 0,
        minP: minP !== 0,
        repetitionPenalty: repetitionPenalty !== 1,
        repetitionDetection: repetitionDetection !== undefined,
      });
      for (const [field] of given.filter(([, isSet]) => isSet)) {
        complain(
          ['sampling', field],
          'is not sent to a teacher behind server: openai; leave it out, or say server: vllm',
        );
      }
    }
    if (inventory.source === 'labelled' && inventory.groupLabels === 0 && inventory.groupRounds > 1) {
      complain(
        ['inventory', 'groupRounds'],
        'has nothing to repeat: inventory.groupLabels is 0, which groups no labels',
      );
    }
    if (inventory.source === 'run' && !runName.safeParse(inventory.run).success) {
      complain(['inventory', 'run'], 'must be the name of a run');
    }
  });

export type SkillmixConfig = z.infer<typeof skillmixConfig>;
export type TeacherConfig = z.infer<typeof teacherConfig>;

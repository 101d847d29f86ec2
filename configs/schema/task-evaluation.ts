import { z } from 'zod';
import { samplingConfig } from './sampling.ts';
import { wildbenchJudge } from './wildbench-judge.ts';

/**
 * WildBench as a measure of every version of a policy: it answers tasks with checklists, a judge scores the answers and
 * compares them with those of the version that the run began with. Numbers are made strictly, never with upstream's quirks.
 *
 * @source WildBench (arXiv 2406.04770)
 */
export const taskEvaluationConfig = z.strictObject({
  tasks: z
    .string()
    .min(1)
    .describe(
      'tasks in upstream field names, JSONL or Parquet, relative to the working directory; none may be trained on',
    ),
  rows: z.int().min(1).optional().describe('how many of them to use, drawn by the seed of the run; default: all'),
  judge: wildbenchJudge.describe('scores answers (mode score: WB-Score) and compares two (mode pair: WB-Reward)'),
  sampling: samplingConfig
    .extend({
      temperature: z.number().min(0).max(2).default(0).describe('softmax temperature; 0 is greedy, as upstream'),
      maxTokens: z.int().min(1).max(32768).default(1024).describe('longest answer, tokens'),
    })
    .prefault({}),
  bothOrders: z
    .boolean()
    .default(true)
    .describe('judge each pair twice, with A and B exchanged: costs twice as much and takes position bias out'),
  lengthPenaltyChars: z
    .int()
    .min(-1)
    .max(1_000_000)
    .default(500)
    .describe('a slightly better answer that is longer by more than this is a tie, characters; -1: no penalty'),
  scoreMaxWords: z.int().min(-1).default(-1).describe('words of a text that the judge sees for a score; -1: all'),
  pairMaxWords: z.int().min(-1).default(1000).describe('words of a text that the judge sees in a pair; -1: all'),
});

export type TaskEvaluationConfig = z.infer<typeof taskEvaluationConfig>;

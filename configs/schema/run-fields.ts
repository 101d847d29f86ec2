import { z } from 'zod';
import { promptSource } from './prompt-source.ts';

/** What every loop has. */
export const runFields = {
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(1)
    .describe('all randomness of the run derives from it'),
  store: z
    .strictObject({
      root: z.string().min(1).default('.tickloop/store').describe('folder of artifacts and ledger'),
      minFreeMb: z.int().min(0).default(500).describe('refuse to start with less free space than this, MiB'),
    })
    .prefault({}),
  limits: z
    .strictObject({
      maxFailedShare: z.number().min(0).max(1).default(0.1).describe('largest share of failed rollouts in a stage'),
      maxUnparsedShare: z.number().min(0).max(1).default(0.2).describe('largest share of unparsed verdicts in a stage'),
    })
    .prefault({}),
  shards: z
    .strictObject({
      rows: z.int().min(1).max(256).default(24).describe('prompts in a shard'),
      inFlight: z.int().min(1).max(32).default(2).describe('shards worked on at once'),
    })
    .prefault({}),
  temporal: z
    .strictObject({
      address: z.string().min(1).default('127.0.0.1:7233').describe('host:port of the Temporal frontend'),
      namespace: z.string().min(1).default('default').describe('Temporal namespace'),
      taskQueue: z.string().min(1).default('tickloop').describe('prefix of the three task queues'),
    })
    .prefault({}),
};

/** How intervals are computed. */
export const intervalFields = {
  resamples: z.int().min(100).max(100_000).default(2000).describe('bootstrap resamples'),
  confidence: z.number().gt(0).lt(1).default(0.95).describe('mass of the interval'),
};

/** When a pass rate that measures stands on too little. */
export const coverageFields = {
  minCoverage: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .describe(
      'smallest share of items with a verdict that a measured pass rate may stand on; an answer below it is undecided: counted, and in no mean',
    ),
};

/** The prompts of a loop that does not train. */
export const promptDataFields = {
  prompts: promptSource.describe(
    'JSONL file of prompts, relative to the working directory, or { dataset: <run> }: what the dataset of a run asks',
  ),
  rows: z.int().min(1).optional().describe('how many of them to use, drawn by the seed of the run; default: all'),
};

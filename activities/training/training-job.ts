import { rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { TrainingGroup, TrainingJob, TrainingResult, TrainingRow as ImitatedRow } from '../../clients/trainer.ts';
import type { OnlineDpoConfig } from '../../configs/schema/online-dpo.ts';
import type { TrainingConfig } from '../../configs/schema/training.ts';
import { roundName } from '../../domain/artifact-names.ts';
import { SFT_ROUND } from '../../domain/bolt/online-config.ts';
import { weightsOf, type PolicyVersion } from '../../domain/policy-version.ts';
import type { PreferencePair } from '../../domain/preference-pair.ts';
import type { ChatMessage } from '../../domain/prompt.ts';
import { callSeed } from '../../domain/random.ts';
import type { ChosenAnswer } from '../../domain/rounds/select-answers.ts';
import type { RewardedTokens } from '../../domain/rounds/select-groups.ts';
import type { TrainingRow } from '../../domain/rounds/select-rows.ts';
import type { RunRef } from '../../domain/run.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices } from '../run-services.ts';
import { locatePolicy } from '../serving/locate-weights.ts';
import { baseOf } from '../serving/whole-weights.ts';

/** How many rows lend their best answers to the probe. */
const PROBE_COUNT = 4;

/** What a round trains, from where, on what. */
export interface RoundTraining {
  readonly run: RunRef;
  readonly round: number;
  /** Where the round starts. */
  readonly policy: PolicyVersion;
  readonly config: OnlineDpoConfig;
  readonly training: TrainingConfig;
  /** Of the kind that the method trains on. */
  readonly rows: readonly TrainingRow[];
}

/** ReST-EM may train the base model anew in each round. */
function startsAfresh(training: TrainingConfig | null): boolean {
  return training?.method === 'rest-em' && training.startFrom === 'base';
}

/** The weights that a round's training goes on from, when the round samples from `policy`. */
export function trainingStart(services: RunServices, policy: PolicyVersion): PolicyVersion {
  return startsAfresh(configOfLoop(services.config, 'online-dpo').training) ? baseOf(services) : policy;
}

/** Writes the rows where the trainer reads them, and the job that names them. */
export async function prepareJob(
  services: RunServices,
  { run, round, policy, config, training, rows }: RoundTraining,
): Promise<TrainingJob> {
  const { store } = services;
  const outputDir = await store.workFolder(roundName(run.runName, round, 'training'));
  const start = startsAfresh(training) ? null : policy;
  const modelPath = resolve(config.policy.modelPath);
  const base = {
    schemaVersion: 1,
    baseModelPath: start?.checkpoint?.path ?? modelPath,
    startAdapterPath: start?.adapterPath ?? null,
    ...(training.optimizer === 'kept' && start !== null
      ? { optimizerPath: await readOptimizerPath(store, run, policy) }
      : {}),
    outputDir,
    seed: callSeed({ seed: config.seed, stage: 'train', round, promptId: '', sampleIndex: 0 }),
    probes: rows.slice(0, PROBE_COUNT).map(probeOf),
  } as const;
  const write = (name: string, lines: readonly object[]) => writeTrainingRows(outputDir, name, lines);
  const pullOf = async (reference: 'previous' | 'initial') => {
    const path = reference === 'initial' ? await readInitialPath(services, run, training) : null;
    return { reference, ...(path === null ? {} : { initialPolicyPath: path }) };
  };
  switch (training.method) {
    case 'dpo': {
      const { beta, nllWeight, reference } = training;
      return {
        ...base,
        method: 'dpo',
        pairsPath: await write('pairs', rows),
        ...(await pullOf(reference)),
        hyperparameters: { ...sharedHyperparameters(training), beta, nllWeight },
      };
    }
    case 'rest-em':
      return {
        ...base,
        method: 'sft',
        rowsPath: await write('rows', (rows as readonly ChosenAnswer[]).map(toImitatedRow)),
        hyperparameters: sharedHyperparameters(training),
      };
    default: {
      const { method, beta, epsilon, epsilonHigh, maskTruncated, reference } = training;
      return {
        ...base,
        method: 'grpo',
        groupsPath: await write('groups', (rows as readonly RewardedTokens[]).map(toTrainingGroup)),
        ...(await pullOf(reference)),
        hyperparameters: {
          ...sharedHyperparameters(training),
          algorithm: method,
          beta,
          epsilon,
          ...(epsilonHigh === undefined ? {} : { epsilonHigh }),
          temperature: config.sampling.temperature,
          maskTruncated,
        },
      };
    }
  }
}

/**
 * Writes rows where the trainer reads them; returns the path. By rename: a trainer that outlived its worker may be reading
 * what an earlier attempt wrote.
 */
export async function writeTrainingRows(outputDir: string, name: string, rows: readonly object[]): Promise<string> {
  const path = join(outputDir, `${name}.jsonl`);
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await rename(temporary, path);
  return path;
}

function sharedHyperparameters(training: TrainingConfig) {
  const { learningRate, epochs, batchSize, microBatchSize, maxLength } = training;
  const { loraRank, loraAlpha, schedule, saveSteps, device } = training;
  return {
    learningRate,
    epochs,
    batchSize,
    ...(microBatchSize === undefined ? {} : { microBatchSize }),
    maxLength,
    loraRank: loraRank ?? null,
    loraAlpha: loraAlpha ?? null,
    schedule,
    saveSteps,
    device,
  };
}

/**
 * Where the weights are that the rounds began with: in BOLT those that fine-tuning made (section 3.3), otherwise the base.
 * `null` where an adapter has only to be switched off.
 */
async function readInitialPath(
  { store, config }: RunServices,
  { runName }: RunRef,
  { weights }: TrainingConfig,
): Promise<string | null> {
  if (config.loop === 'bolt') {
    const [recorded] = (await readArtifact<PolicyVersion>(store, roundName(runName, SFT_ROUND, 'policy'))).rows;
    const tuned = recorded && (await locatePolicy(store, recorded));
    return tuned?.checkpoint?.path ?? tuned?.adapterPath ?? null;
  }
  return weights === 'full' ? resolve(configOfLoop(config, 'online-dpo').policy.modelPath) : null;
}

/** State of the optimizer that made the weights the round starts from; `null` for the base model. */
async function readOptimizerPath(
  store: RunServices['store'],
  { runName }: RunRef,
  policy: PolicyVersion,
): Promise<string | null> {
  const { round } = policy;
  if (weightsOf(policy).hash === null) return null;
  const { rows } = await readArtifact<TrainingResult>(store, roundName(runName, round, 'training'));
  const path = rows[0]?.optimizerPath ?? null;
  return path && store.locate(path);
}

function probeOf(row: TrainingRow): readonly ChatMessage[] {
  if ('completions' in row) {
    const best = row.completions.toSorted((a, b) => (b.reward ?? -1) - (a.reward ?? -1))[0];
    return [...row.prompt, { role: 'assistant', content: best?.text ?? '' }];
  }
  return [...row.prompt, ...('chosen' in row ? (row satisfies PreferencePair).chosen : row.completion)];
}

function toImitatedRow({ prompt, completion }: ChosenAnswer): ImitatedRow {
  return { prompt, completion };
}

function toTrainingGroup({ prompt, promptTokenIds, completions }: RewardedTokens): TrainingGroup {
  return {
    prompt,
    promptTokenIds,
    completions: completions.map(({ tokenIds, logprobs, reward, truncated }) => ({
      tokenIds,
      logprobs,
      reward,
      truncated,
    })),
  };
}

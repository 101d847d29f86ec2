import { createLocalArtifactStore } from '../clients/local-artifact-store.ts';
import { createLocalLedgerStore } from '../clients/local-call-ledger.ts';
import { createOpenAiJudge } from '../clients/openai-judge.ts';
import { createQuickJsSandbox } from '../clients/quickjs-sandbox.ts';
import type { VerifierSandbox } from '../clients/verifier-sandbox.ts';
import { createEmbedder } from '../clients/embedder.ts';
import { createRewardModel, type RewardModel } from '../clients/reward-model.ts';
import { createVllmServer } from '../clients/vllm-server.ts';
import type { ArtifactStore } from '../clients/artifact-store.ts';
import type { LedgerStore } from '../clients/call-ledger.ts';
import type { JudgeModel, ModelServer } from '../clients/model-server.ts';
import type { EmbedderConfig, EndpointConfig, RewardModelConfig } from '../configs/schema/endpoint.ts';
import { panelOf, type JudgeConfig, type JudgeMemberConfig } from '../configs/schema/judge.ts';
import { runConfig, type RunConfig } from '../configs/schema/run-config.ts';
import { trainsWhole } from '../configs/schema/whole-weights.ts';
import { ArtifactError, ConfigError } from '../domain/errors.ts';
import type { JudgeRole, RunRef } from '../domain/run.ts';
import { seatBolt, type BoltSeats } from './bolt/seats.ts';
import { seatSkillmix, type SkillmixSeats } from './skillmix/seats.ts';
import { qualityOf } from '../configs/schema/synthesis-quality.ts';
import { seatMagpie, type MagpieSeats } from './magpie/seats.ts';
import { seatSynthesis, type SynthesisSeats } from './synthesis/seats.ts';
import { seatTaskJudge, seatWildbench, type WildbenchSeats } from './wildbench/seats.ts';
import { seatPolicyAsWriter, type WriterSeat } from './calls/writer-seat.ts';
import pLimit, { type LimitFunction } from 'p-limit';

/** What the activities of one run work with. */
export interface RunServices {
  readonly config: RunConfig;
  readonly store: ArtifactStore;
  readonly ledgers: LedgerStore;
  readonly policy: ModelServer;
  /** Shared by all activities of this worker that call this endpoint: the engine sees one queue. */
  readonly policyLane: LimitFunction;
  /** The policy's server where this run trains whole weights, which take the place of those that it holds. */
  readonly replaced: ModelServer | undefined;
  readonly judges: Readonly<Record<JudgeRole, JudgeSeats | undefined>>;
  readonly rewardModel: RewardSeat | undefined;
  /** Who takes part in a comparison, or judges the tasks that measure a policy in training; `undefined` where nobody does. */
  readonly wildbench: WildbenchSeats | undefined;
  /** Who writes and labels for BOLT's first stage; `undefined` for the other loops. */
  readonly bolt: BoltSeats | undefined;
  /** Who writes pairs from skills; `undefined` for the other loops. */
  readonly skillmix: SkillmixSeats | undefined;
  /** Who replies in Magpie; `undefined` for the other loops. */
  readonly magpie: MagpieSeats | undefined;
  /** Who says how good synthesized rows are; `undefined` for loops that make none. */
  readonly synthesis: SynthesisSeats | undefined;
  /** Shared by all runs of this worker; its threads start with the first program. */
  readonly sandbox: VerifierSandbox;
  /** Writes checklists; the policy itself where the config names nobody else. */
  readonly writer: WriterSeat;
}

/** A reward model with its lane. */
export interface RewardSeat {
  readonly model: RewardModel;
  readonly name: string;
  readonly lane: LimitFunction;
}

/** The judges of one role, and what holds for all of them. */
export interface JudgeSeats {
  readonly config: JudgeConfig;
  /** At least one. */
  readonly seats: readonly JudgeSeat[];
}

/** A judge with its settings. */
export interface JudgeSeat {
  readonly config: JudgeMemberConfig;
  readonly model: JudgeModel;
  /** Shared by all activities of this worker that call this endpoint. */
  readonly lane: LimitFunction;
}

/** Builds and keeps the services of the runs that a worker serves. */
export interface RunServicesProvider {
  /** From a config in hand, before it is recorded. */
  fromConfig(run: RunRef, config: RunConfig): RunServices;
  /** @throws ArtifactError `artifact/missing` when the run was never opened in this store. */
  of(run: RunRef): Promise<RunServices>;
  close(): Promise<void>;
}

/** Artifact that holds the resolved config of a run. */
export function configArtifactName(run: RunRef): string {
  return `${run.runName}/config/${run.configHash.slice(0, 16)}`;
}

function readKey(env: NodeJS.ProcessEnv, name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const key = env[name];
  if (!key) {
    throw new ConfigError(
      'config/unusable',
      `The config names ${name} as the variable with the API key, and the worker's environment has no such variable: set it and start the worker again.`,
    );
  }
  return key;
}

function rewardModelOf(config: RunConfig): RewardModelConfig | undefined {
  if (config.loop === 'best-of-n') return config.bestOfN.rewardModel;
  if (config.loop !== 'bolt' || typeof config.bootstrap.scorer === 'string') return undefined;
  return config.bootstrap.scorer;
}

/** @param env where API keys are read from; they go nowhere but into the clients. */
export function createRunServicesProvider(env: NodeJS.ProcessEnv = process.env): RunServicesProvider {
  const servers = new Map<string, { server: ModelServer; lane: LimitFunction }>();
  const judges = new Map<string, Omit<JudgeSeat, 'config'>>();
  const rewardModels = new Map<string, RewardSeat>();
  const embedders = new Map<string, NonNullable<SynthesisSeats['embedder']>>();
  const runs = new Map<string, RunServices>();
  const sandbox = createQuickJsSandbox();

  const policyEndpoint = ({ baseUrl, apiKeyEnv, timeoutMs, callsInFlight }: EndpointConfig) => {
    const key = JSON.stringify([baseUrl, apiKeyEnv, timeoutMs, callsInFlight]);
    const apiKey = readKey(env, apiKeyEnv);
    const known = servers.get(key) ?? {
      server: createVllmServer({ baseUrl, timeoutMs, ...(apiKey === undefined ? {} : { apiKey }) }),
      lane: pLimit(callsInFlight),
    };
    servers.set(key, known);
    return known;
  };

  const chatEndpoint = (config: EndpointConfig): Omit<JudgeSeat, 'config'> => {
    const { baseUrl, apiKeyEnv, timeoutMs, callsInFlight, model } = config;
    const key = JSON.stringify([baseUrl, apiKeyEnv, timeoutMs, callsInFlight, model]);
    const apiKey = readKey(env, apiKeyEnv);
    const known = judges.get(key) ?? {
      model: createOpenAiJudge({ baseUrl, model, timeoutMs, ...(apiKey === undefined ? {} : { apiKey }) }),
      lane: pLimit(callsInFlight),
    };
    judges.set(key, known);
    return known;
  };

  const judgeSeats = (config: JudgeConfig | undefined): JudgeSeats | undefined =>
    config === undefined
      ? undefined
      : { config, seats: panelOf(config).map((member) => ({ ...chatEndpoint(member), config: member })) };

  const writerSeat = (config: RunConfig): WriterSeat => {
    const { server, lane } = policyEndpoint(config.policy);
    if (!('checklists' in config) || config.checklists.writer === 'self') {
      return seatPolicyAsWriter(server, config.policy.model, lane);
    }
    const endpoint = chatEndpoint(config.checklists.writer);
    return { name: config.checklists.writer.model, ask: endpoint.model.ask, lane: endpoint.lane };
  };

  const rewardEndpoint = (config: RewardModelConfig): RewardSeat => {
    const { baseUrl, path, apiKeyEnv, timeoutMs, callsInFlight, model } = config;
    const key = JSON.stringify([baseUrl, path, apiKeyEnv, timeoutMs, callsInFlight, model]);
    const apiKey = readKey(env, apiKeyEnv);
    const known = rewardModels.get(key) ?? {
      model: createRewardModel({ baseUrl, path, model, timeoutMs, ...(apiKey === undefined ? {} : { apiKey }) }),
      name: model,
      lane: pLimit(callsInFlight),
    };
    rewardModels.set(key, known);
    return known;
  };

  const embedderEndpoint = (config: EmbedderConfig) => {
    const { baseUrl, apiKeyEnv, timeoutMs, callsInFlight, model, api, truncateTokens } = config;
    const key = JSON.stringify([baseUrl, apiKeyEnv, timeoutMs, callsInFlight, model, api, truncateTokens]);
    const apiKey = readKey(env, apiKeyEnv);
    const known = embedders.get(key) ?? {
      model: createEmbedder({
        baseUrl,
        model,
        api,
        timeoutMs,
        ...(truncateTokens === undefined ? {} : { truncateTokens }),
        ...(apiKey === undefined ? {} : { apiKey }),
      }),
      name: model,
      lane: pLimit(callsInFlight),
    };
    embedders.set(key, known);
    return known;
  };

  const rewardSeat = (config: RewardModelConfig | undefined) =>
    config === undefined ? undefined : rewardEndpoint(config);

  const synthesisSeats = (config: RunConfig): SynthesisSeats | undefined => {
    const quality = qualityOf(config);
    const clients = { policyEndpoint, chatEndpoint, rewardEndpoint, embedderEndpoint };
    return quality === undefined ? undefined : seatSynthesis(config.policy, quality, clients);
  };

  const wildbenchSeats = (config: RunConfig): WildbenchSeats | undefined => {
    const clients = { policyEndpoint, chatEndpoint };
    if (config.loop === 'wildbench') return seatWildbench(config, clients);
    const measured = config.loop === 'online-dpo' || config.loop === 'bolt' ? config.evaluation.wildbench : undefined;
    return measured === undefined ? undefined : seatTaskJudge(measured.judge, clients);
  };

  const fromConfig = (run: RunRef, config: RunConfig): RunServices => {
    const policy = policyEndpoint(config.policy);
    return {
      config,
      store: createLocalArtifactStore({ root: run.storeRoot, minFreeBytes: config.store.minFreeMb * 2 ** 20 }),
      ledgers: createLocalLedgerStore({ root: run.storeRoot }),
      policy: policy.server,
      policyLane: policy.lane,
      replaced: trainsWhole(config) ? policy.server : undefined,
      judges: {
        judge: judgeSeats('judge' in config ? config.judge : undefined),
        gold: judgeSeats('goldJudge' in config ? config.goldJudge : undefined),
      },
      writer: writerSeat(config),
      sandbox,
      rewardModel: rewardSeat(rewardModelOf(config)),
      wildbench: wildbenchSeats(config),
      magpie: config.loop === 'magpie' ? seatMagpie(config, policyEndpoint) : undefined,
      bolt: config.loop === 'bolt' ? seatBolt(config, { policyEndpoint, chatEndpoint }) : undefined,
      skillmix:
        config.loop === 'skillmix'
          ? seatSkillmix(config, { policyEndpoint, chatEndpoint, embedderEndpoint })
          : undefined,
      synthesis: synthesisSeats(config),
    };
  };

  return {
    fromConfig,
    async of(run) {
      const key = `${run.storeRoot}\n${run.runName}\n${run.configHash}`;
      const known = runs.get(key);
      if (known !== undefined) return known;
      const store = createLocalArtifactStore({ root: run.storeRoot });
      const manifest = await store.find(configArtifactName(run));
      if (manifest === undefined) {
        throw new ArtifactError(
          'artifact/missing',
          `The store ${run.storeRoot} has no config for run "${run.runName}": this worker may look at another folder than the one that opened the run.`,
        );
      }
      const [row] = await store.read<{ config: unknown }>(manifest);
      const services = fromConfig(run, runConfig.parse(row?.config));
      runs.set(key, services);
      return services;
    },
    async close() {
      await Promise.all([
        sandbox.close(),
        ...[...servers.values()].map(({ server }) => server.close()),
        ...[...rewardModels.values()].map(({ model }) => model.close()),
        ...[...embedders.values()].map(({ model }) => model.close()),
      ]);
    },
  };
}

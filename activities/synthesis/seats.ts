import type { LimitFunction } from 'p-limit';
import type { Embedder } from '../../clients/embedder.ts';
import { createLanguageDetector, type LanguageDetector } from '../../clients/language-detector.ts';
import type { JudgeModel, ModelServer } from '../../clients/model-server.ts';
import type { RewardModel } from '../../clients/reward-model.ts';
import type { EmbedderConfig, EndpointConfig, RewardModelConfig } from '../../configs/schema/endpoint.ts';
import { panelOf, type JudgeConfig, type JudgeMemberConfig } from '../../configs/schema/judge.ts';
import type { SynthesisQuality } from '../../configs/schema/synthesis-quality.ts';
import type { NamedEndpoint } from '../runs/check-endpoints.ts';
import { seatPolicyAsWriter, type WriterSeat } from '../calls/writer-seat.ts';

/** A model and the lane that all activities of this worker share that call it. */
export interface Seat<Model> {
  readonly model: Model;
  readonly name: string;
  readonly lane: LimitFunction;
}

/** The judge of replies that are drawn for preference pairs. */
interface JudgeSeats {
  readonly config: JudgeConfig;
  readonly seats: readonly {
    readonly config: JudgeMemberConfig;
    readonly model: JudgeModel;
    readonly lane: LimitFunction;
  }[];
}

/** Who says how good synthesized rows are; `null` where the config names nobody. */
export interface SynthesisSeats {
  readonly tagger: WriterSeat | null;
  readonly guard: WriterSeat | null;
  readonly detectLanguage: LanguageDetector | null;
  readonly embedder: Seat<Embedder> | null;
  readonly reward: Seat<RewardModel> | null;
  /** A base model, asked by raw text. */
  readonly base: Seat<ModelServer> | null;
  /** Replies to queries for preference pairs. */
  readonly replier: Seat<ModelServer> | null;
  readonly judge: JudgeSeats | null;
  /** All of them that are not the policy, by their fields. */
  readonly named: readonly NamedEndpoint[];
}

/** Makes clients of endpoints, or finds those that are there already. */
interface Clients {
  readonly policyEndpoint: (config: EndpointConfig) => { readonly server: ModelServer; readonly lane: LimitFunction };
  readonly chatEndpoint: (config: EndpointConfig) => { readonly model: JudgeModel; readonly lane: LimitFunction };
  readonly rewardEndpoint: (config: RewardModelConfig) => Seat<RewardModel>;
  readonly embedderEndpoint: (config: EmbedderConfig) => Seat<Embedder>;
}

/** Seats the tagger, the guard, the models of embeddings and rewards, and who replies. */
export function seatSynthesis(
  policy: EndpointConfig,
  { tags, neighbours, rewards, preferences }: SynthesisQuality,
  { policyEndpoint, chatEndpoint, rewardEndpoint, embedderEndpoint }: Clients,
): SynthesisSeats {
  const seatWriter = (by: 'self' | EndpointConfig): WriterSeat => {
    if (by !== 'self') {
      const { model, lane } = chatEndpoint(by);
      return { name: by.model, ask: model.ask, lane };
    }
    const { server, lane } = policyEndpoint(policy);
    return seatPolicyAsWriter(server, policy.model, lane);
  };
  const seatServer = (by: 'self' | EndpointConfig): Seat<ModelServer> => {
    const config = by === 'self' ? policy : by;
    const { server, lane } = policyEndpoint(config);
    return { model: server, name: config.model, lane };
  };
  const judge = preferences?.judge;
  const endpoints: readonly (readonly [field: string, config: EndpointConfig | string | undefined])[] = [
    ['quality.tags.by', tags.ask.length === 0 ? undefined : tags.by],
    ['quality.tags.guard', tags.guard],
    ['quality.neighbours.by', neighbours.by],
    ['quality.rewards', rewards],
    ['quality.rewards.base', rewards?.base],
    ['quality.preferences.by', preferences?.by],
    ...(judge === undefined ? [] : panelOf(judge).map((member) => ['quality.preferences.judge', member] as const)),
  ];
  return {
    named: endpoints.flatMap(([field, config]): readonly NamedEndpoint[] => {
      if (config === undefined || typeof config === 'string') return [];
      const { baseUrl, model } = config;
      return [{ field, baseUrl, model, server: policyEndpoint(config).server }];
    }),
    tagger: tags.ask.length === 0 ? null : seatWriter(tags.by),
    guard: tags.guard === undefined ? null : seatWriter(tags.guard),
    detectLanguage: tags.language === null ? null : createLanguageDetector(tags.language.among),
    embedder: typeof neighbours.by === 'string' ? null : embedderEndpoint(neighbours.by),
    reward: rewards === undefined ? null : rewardEndpoint(rewards),
    base: rewards?.base === undefined ? null : seatServer(rewards.base),
    replier: preferences === undefined ? null : seatServer(preferences.by),
    judge:
      judge === undefined
        ? null
        : { config: judge, seats: panelOf(judge).map((member) => ({ config: member, ...chatEndpoint(member) })) },
  };
}

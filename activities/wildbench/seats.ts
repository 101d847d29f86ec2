import type { LimitFunction } from 'p-limit';
import type { JudgeModel, ModelServer } from '../../clients/model-server.ts';
import type { EndpointConfig } from '../../configs/schema/endpoint.ts';
import { endpointOf, policyNames, type WildbenchConfig } from '../../configs/schema/wildbench.ts';
import type { WildbenchJudgeConfig } from '../../configs/schema/wildbench-judge.ts';

/** A judge of a comparison, ready to be asked. */
export interface WildbenchJudgeSeat {
  readonly name: string;
  readonly config: WildbenchJudgeConfig;
  readonly model: JudgeModel;
  /** Shared by all activities of this worker that call this endpoint. */
  readonly lane: LimitFunction;
}

/** A server of tested policies. */
export interface WildbenchPolicySeat {
  readonly endpoint: EndpointConfig;
  readonly server: ModelServer;
  readonly lane: LimitFunction;
}

/** Who takes part in a comparison, by name. */
export interface WildbenchSeats {
  readonly policies: ReadonlyMap<string, WildbenchPolicySeat>;
  /** In order of their names. */
  readonly judges: readonly WildbenchJudgeSeat[];
}

/** Makes clients of endpoints, or finds those that are there already. */
interface Clients {
  readonly policyEndpoint: (config: EndpointConfig) => Omit<WildbenchPolicySeat, 'endpoint'>;
  readonly chatEndpoint: (config: EndpointConfig) => Pick<WildbenchJudgeSeat, 'model' | 'lane'>;
}

/** Seats the policies and judges of a comparison. */
export function seatWildbench(config: WildbenchConfig, clients: Clients): WildbenchSeats {
  return {
    policies: new Map(
      policyNames(config).map((name) => {
        const endpoint = endpointOf(config, name);
        return [name, { endpoint, ...clients.policyEndpoint(endpoint) }];
      }),
    ),
    judges: seatJudges(config.judges, clients),
  };
}

/** Seats the one judge of the tasks that a policy in training is measured on; the policy is served as that of its run. */
export function seatTaskJudge(judge: WildbenchJudgeConfig, clients: Clients): WildbenchSeats {
  return { policies: new Map(), judges: seatJudges({ judge }, clients) };
}

function seatJudges(
  judges: Readonly<Record<string, WildbenchJudgeConfig>>,
  { chatEndpoint }: Clients,
): readonly WildbenchJudgeSeat[] {
  return Object.entries(judges)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, judge]) => ({ name, config: judge, ...chatEndpoint(judge) }));
}

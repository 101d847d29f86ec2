import type { LimitFunction } from 'p-limit';
import type { ModelServer } from '../../clients/model-server.ts';
import type { EndpointConfig } from '../../configs/schema/endpoint.ts';
import type { MagpieConfig } from '../../configs/schema/magpie.ts';

/** A model that takes part in Magpie. */
export interface MagpieSeat {
  readonly model: string;
  readonly server: ModelServer;
  readonly lane: LimitFunction;
}

/** Who takes part in Magpie: the policy writes the queries. */
export interface MagpieSeats {
  readonly replier: MagpieSeat;
}

/** Seats who replies: the policy, unless the config names somebody else. */
export function seatMagpie(
  { policy, replies }: MagpieConfig,
  policyEndpoint: (config: EndpointConfig) => { readonly server: ModelServer; readonly lane: LimitFunction },
): MagpieSeats {
  const replier = replies.by === 'self' ? policy : replies.by;
  return { replier: { model: replier.model, ...policyEndpoint(replier) } };
}

import type { LimitFunction } from 'p-limit';
import type { JudgeModel, ModelServer } from '../../clients/model-server.ts';
import type { BoltConfig } from '../../configs/schema/bolt-loop.ts';
import type { EndpointConfig } from '../../configs/schema/endpoint.ts';
import type { WriterSeat } from '../calls/writer-seat.ts';

/** Who takes part in BOLT's first stage. */
export interface BoltSeats {
  /** Writes the first responses with thoughts. */
  readonly bootstrapper: { readonly model: string; readonly server: ModelServer; readonly lane: LimitFunction };
  /** Labels queries; `null` where they bring their labels, or the policy labels: it is seated when it is known to be held. */
  readonly labeller: WriterSeat | null;
}

/** Makes clients of endpoints, or finds those that are there already. */
interface Clients {
  readonly policyEndpoint: (config: EndpointConfig) => { readonly server: ModelServer; readonly lane: LimitFunction };
  readonly chatEndpoint: (config: EndpointConfig) => { readonly model: JudgeModel; readonly lane: LimitFunction };
}

/** Seats who writes and who labels: the base policy, unless the config names somebody else. */
export function seatBolt(
  { policy, bootstrap, curation }: BoltConfig,
  { policyEndpoint, chatEndpoint }: Clients,
): BoltSeats {
  const writer = bootstrap.by === 'self' ? policy : bootstrap.by;
  const labeller = curation?.labeller.by ?? 'given';
  const seatLabeller = (): WriterSeat | null => {
    if (typeof labeller === 'string') return null;
    const { model, lane } = chatEndpoint(labeller);
    return { name: labeller.model, ask: model.ask, lane };
  };
  return { bootstrapper: { model: writer.model, ...policyEndpoint(writer) }, labeller: seatLabeller() };
}

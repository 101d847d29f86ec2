import type { LimitFunction } from 'p-limit';
import type { Embedder } from '../../clients/embedder.ts';
import type { JudgeModel, ModelServer, SamplingParameters } from '../../clients/model-server.ts';
import type { EmbedderConfig, EndpointConfig } from '../../configs/schema/endpoint.ts';
import type { SkillmixConfig, TeacherConfig } from '../../configs/schema/skillmix.ts';
import type { JsonValue } from '../../domain/canonical-json.ts';
import type { Completion, Usage } from '../../domain/completion.ts';
import { ModelServerError } from '../../domain/errors.ts';
import type { ChatMessage } from '../../domain/prompt.ts';
import { seatPolicyAsWriter, type WriterSeat } from '../calls/writer-seat.ts';
import type { NamedEndpoint } from '../runs/check-endpoints.ts';
import type { Seat } from '../synthesis/seats.ts';

/** One turn that a teacher is asked for. */
export interface TeacherRequest {
  readonly messages: readonly ChatMessage[];
  readonly seed: number;
  readonly sampling: SamplingParameters;
  /** JSON schema that the reply has to follow. */
  readonly jsonSchema?: { readonly [key: string]: JsonValue };
}

/** Who names skills and writes pairs. */
export interface TeacherSeat {
  /** Model name. */
  readonly name: string;
  /** Shared by all activities of this worker that call this endpoint. */
  readonly lane: LimitFunction;
  ask(request: TeacherRequest, signal: AbortSignal): Promise<Completion & { readonly usage: Usage }>;
  /** Tokens of a chat, by the server where it counts them, else estimated on the safe side. */
  countTokens(messages: readonly ChatMessage[], signal: AbortSignal): Promise<number>;
  /** Tokens of the context; `null` where nobody knows. */
  contextTokens(signal: AbortSignal): Promise<number | null>;
}

/** Who takes part in Instruct-SkillMix. */
export interface SkillmixSeats {
  readonly teacher: TeacherSeat;
  /** Compares pairs with their drafts; `null` where nobody does. */
  readonly judge: WriterSeat | null;
  /** Merges the names of skills by their meaning; `null` where spelling does. */
  readonly embedder: (Seat<Embedder> & { readonly endpoint: NamedEndpoint }) | null;
}

/** Makes clients of endpoints, or finds those that are there already. */
interface Clients {
  readonly policyEndpoint: (config: EndpointConfig) => { readonly server: ModelServer; readonly lane: LimitFunction };
  readonly chatEndpoint: (config: EndpointConfig) => { readonly model: JudgeModel; readonly lane: LimitFunction };
  readonly embedderEndpoint: (config: EmbedderConfig) => Seat<Embedder>;
}

/** Characters of a token: English has about four, other scripts fewer. */
const CHARACTERS_PER_TOKEN = 3;
/** Tokens around a message that a chat template adds. */
const TOKENS_PER_MESSAGE = 8;

/** Seats the teacher and the judge of the gate (the policy, unless the config names somebody else), and who embeds names. */
export function seatSkillmix(config: SkillmixConfig, clients: Clients): SkillmixSeats {
  const { policy, teacher, generation } = config;
  const gateJudge = generation.gate?.judge;
  const seatJudge = (): WriterSeat | null => {
    if (gateJudge === undefined) return null;
    if (gateJudge !== 'self') {
      const { model, lane } = clients.chatEndpoint(gateJudge);
      return { name: gateJudge.model, ask: model.ask, lane };
    }
    const { server, lane } = clients.policyEndpoint(policy);
    return seatPolicyAsWriter(server, policy.model, lane);
  };
  return {
    teacher: seatTeacher(policy, teacher, clients),
    judge: seatJudge(),
    embedder: seatEmbedder(config.inventory, clients),
  };
}

function seatEmbedder(inventory: SkillmixConfig['inventory'], clients: Clients): SkillmixSeats['embedder'] {
  if (inventory.source === 'run' || inventory.merge.by === 'letters') return null;
  const { by } = inventory.merge;
  const { server } = clients.policyEndpoint(by);
  const endpoint = { field: 'inventory.merge.by', baseUrl: by.baseUrl, model: by.model, server };
  return { ...clients.embedderEndpoint(by), endpoint };
}

function seatTeacher(policy: EndpointConfig, teacher: SkillmixConfig['teacher'], clients: Clients): TeacherSeat {
  if (teacher === 'self') return seatVllm(policy, clients.policyEndpoint(policy));
  return teacher.server === 'vllm'
    ? seatVllm(teacher, clients.policyEndpoint(teacher), teacher.contextTokens)
    : seatEndpoint(teacher, clients.chatEndpoint(teacher));
}

function seatVllm(
  { model, baseUrl }: EndpointConfig,
  { server, lane }: { readonly server: ModelServer; readonly lane: LimitFunction },
  given?: number,
): TeacherSeat {
  let context: number | null | undefined = given;
  return {
    name: model,
    lane,
    async ask({ messages, seed, sampling, jsonSchema }, signal) {
      const structured = jsonSchema === undefined ? {} : { structuredOutput: { json: jsonSchema } };
      const { choices, usage } = await server.chat({ model, messages, sampling, seed, n: 1, ...structured }, signal);
      const [choice] = choices;
      if (choice === undefined) throw new ModelServerError('malformed-response', `${model} answered without a choice.`);
      return { ...choice, usage };
    },
    countTokens: async (messages, signal) => (await server.tokenize(model, messages, signal)).length,
    async contextTokens(signal) {
      if (context !== undefined) return context;
      const served = (await server.models(signal)).find(({ id }) => id === model);
      if (served === undefined) {
        throw new ModelServerError(
          'unknown-model',
          `${baseUrl} does not serve the teacher "${model}": correct its name.`,
        );
      }
      context = served.maxModelLen;
      return context;
    },
  };
}

function seatEndpoint(
  { model, contextTokens }: TeacherConfig,
  endpoint: { readonly model: JudgeModel; readonly lane: LimitFunction },
): TeacherSeat {
  return {
    name: model,
    lane: endpoint.lane,
    ask: ({ messages, seed, sampling: { temperature, topP, maxTokens }, jsonSchema }, signal) =>
      endpoint.model.ask(
        { messages, seed, temperature, topP, maxTokens, ...(jsonSchema === undefined ? {} : { jsonSchema }) },
        signal,
      ),
    countTokens: (messages) =>
      Promise.resolve(
        messages.reduce(
          (sum, { content }) => sum + Math.ceil(content.length / CHARACTERS_PER_TOKEN) + TOKENS_PER_MESSAGE,
          0,
        ),
      ),
    contextTokens: () => Promise.resolve(contextTokens ?? null),
  };
}

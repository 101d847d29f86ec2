import type { LimitFunction } from 'p-limit';
import type { JudgeModel, ModelServer } from '../../clients/model-server.ts';
import type { JsonValue } from '../../domain/canonical-json.ts';
import { ModelServerError } from '../../domain/errors.ts';

/** Who writes checklists and verifier programs, or tags queries. */
export interface WriterSeat {
  /** Model name. */
  readonly name: string;
  readonly ask: JudgeModel['ask'];
  /** Shared by all activities of this worker that call this endpoint. */
  readonly lane: LimitFunction;
}

/** The policy's own base model as the writer, on the policy's lane. */
export function seatPolicyAsWriter(server: ModelServer, model: string, lane: LimitFunction): WriterSeat {
  return {
    name: model,
    lane,
    async ask({ messages, seed, temperature, topP = 1, maxTokens, jsonSchema }, signal) {
      const sampling = { temperature, topP, topK: 0, minP: 0, repetitionPenalty: 1, maxTokens };
      const constraint =
        jsonSchema === undefined
          ? {}
          : { structuredOutput: { json: jsonSchema as { readonly [key: string]: JsonValue } } };
      const { choices, usage } = await server.chat({ model, messages, sampling, seed, n: 1, ...constraint }, signal);
      const [choice] = choices;
      if (choice === undefined) throw new ModelServerError('malformed-response', `${model} answered without a choice.`);
      return { ...choice, usage };
    },
  };
}

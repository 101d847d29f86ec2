import type { DatasetRow } from '../synthesis/settle-dataset.ts';
import type { RowOrigin } from '../synthesis/synthesis-row.ts';
import { countCodePoints } from '../wildbench/code-points.ts';
import type { TableRow } from './column-types.ts';
import { publicModelName } from './public-facts.ts';

/**
 * A row of a dataset under the names of Magpie's released sets, with our own beside them. Models that a server names by a
 * folder are named by its last part.
 *
 * @source the cards of Magpie-Qwen2-Pro, Magpie-Phi3-Pro and Magpie-Llama-3.1-MT (Magpie-Align on the Hugging Face hub)
 */
export function toRecord({ rowId, messages, origin, replyFinish, tags, neighbour, rewards }: DatasetRow): TableRow {
  const instruction = messages.find(({ role }) => role === 'user')?.content ?? null;
  const response = messages.find(({ role }) => role === 'assistant')?.content ?? null;
  return {
    uuid: rowId,
    messages: messages.map(({ role, content }) => ({ role, content })),
    instruction,
    response,
    // A reply that ended by its length is cut off: whoever trains on the rows has to be able to leave it out.
    finish_reason: replyFinish,
    model: publicModelName(origin.replyModel ?? origin.queryModel),
    gen_input_configs: {
      temperature: origin.temperature,
      top_p: origin.topP,
      input_generator: publicModelName(origin.queryModel),
      seed: origin.seed,
      pre_query_template: origin.method === 'magpie' ? origin.preQuery : null,
    },
    method: origin.method,
    ...ownFields(origin),
    task_category: tags?.category,
    other_task_category: tags?.otherCategories,
    input_quality: tags?.quality,
    quality_explanation: tags?.qualityExplanation,
    difficulty: tags?.difficulty,
    intent: tags?.intent,
    knowledge: tags?.knowledge,
    safety: tags?.safety?.verdict,
    safety_categories: tags?.safety?.categories,
    language: tags?.language,
    min_neighbor_distance: neighbour?.minDistance,
    min_similar_uuid: neighbour?.rowId,
    repeat_count: neighbour?.repeatCount,
    reward_model: rewards === undefined ? null : publicModelName(rewards.rewardModel),
    instruct_reward: rewards?.reward,
    base_reward: rewards?.baseReward,
    reward_difference: rewards?.rewardDifference,
    // Code points, as Python counts them and the selection does.
    instruction_length: instruction === null ? null : countCodePoints(instruction),
    response_length: response === null ? null : countCodePoints(response),
  };
}

function ownFields(origin: RowOrigin): TableRow {
  switch (origin.method) {
    case 'magpie':
      return { steered_by: origin.steeredBy, raw_instruction: origin.rawQuery };
    case 'skillmix':
      return {
        skills: origin.skills,
        query_type: origin.queryType,
        answer_quality: origin.quality,
        prompt_templates: origin.templates,
      };
  }
}

import { hashJson } from '../../clients/content-hash.ts';
import type { SkillmixConfig } from '../../configs/schema/skillmix.ts';
import type { FinishReason } from '../../domain/completion.ts';
import type { ChatMessage } from '../../domain/prompt.ts';
import { callSeed } from '../../domain/random.ts';
import {
  continueChat,
  renderCritiquePrompt,
  renderDraftPrompt,
  renderRefinePrompt,
  renderRewritePrompt,
  renderSpoilPrompt,
  type PairPrompts,
} from '../../domain/skillmix/chat.ts';
import { parseCritique } from '../../domain/skillmix/critique.ts';
import { measureChange } from '../../domain/skillmix/measure-change.ts';
import type { Pair } from '../../domain/skillmix/pair.ts';
import { parseInstruction, parsePair, parseSpoiled } from '../../domain/skillmix/parse-pair.ts';
import type { QueryType } from '../../domain/skillmix/query-types.ts';
import type { PairEnd, PairResult, PlannedPair, TurnReply } from '../../domain/skillmix/result.ts';
import { askGate, type GateCalls } from './ask-gate.ts';
import { askTurn, type TurnCalls } from './ask-turn.ts';
import { fitExamples } from './fit-examples.ts';
import { samplingParameters } from '../calls/policy-calls.ts';
import type { PairMaterial } from './prompts.ts';
import type { TeacherCalls } from './teacher-calls.ts';

/** What the pairs of a batch are made with. */
export interface PairWorkshop {
  readonly config: SkillmixConfig;
  readonly material: PairMaterial;
  readonly queryTypes: ReadonlyMap<string, QueryType>;
  readonly teacher: TeacherCalls;
  /** `null` where no judge compares pairs with their drafts. */
  readonly gate: GateCalls | null;
}

/** What a chat has come to. */
type Made = Pick<PairResult, 'draft' | 'critique' | 'refined' | 'change' | 'gate' | 'seed' | 'end'>;

const NOTHING: Omit<Made, 'end'> = { draft: null, critique: null, refined: null, change: null, gate: null, seed: 0 };

/**
 * Makes one pair in one growing chat: draft, critique, refined pair, and where a judge decides between the two, its choice.
 * A turn that can't be read is asked for again by itself, with another seed.
 *
 * @source Instruct-SkillMix (arXiv 2408.14774), data generation; a reply is written again when it was cut, not always, and a
 *   readable pair stands in the chat in the one layout
 */
export async function makePair(workshop: PairWorkshop, planned: PlannedPair): Promise<PairResult> {
  const { config, material, teacher } = workshop;
  const prompts = promptsOf(workshop, planned);
  const examples = await fitExamples(workshop, prompts);
  const replies: TurnReply[] = [];
  const draftPrompt = renderDraftPrompt(prompts, examples);
  const turns: TurnCalls = {
    teacher,
    attempts: config.generation.attempts,
    sampling: samplingParameters(config.sampling),
    seedOf: (turn, sampleIndex) =>
      callSeed({
        seed: config.seed,
        stage: `skillmix-${turn}`,
        round: planned.redraw,
        promptId: `slot-${planned.slot}`,
        sampleIndex,
      }),
    log: (reply) => replies.push(reply),
  };
  const made = await writePair(workshop, prompts, turns, draftPrompt);
  const spoiled = await spoil(planned, prompts, turns, made);
  return {
    ...planned,
    rowId: hashJson({
      model: teacher.seat.name,
      prompts: material.hash,
      seed: config.seed,
      sampling: { ...config.sampling },
      draft: draftPrompt,
      slot: planned.slot,
      redraw: planned.redraw,
      quality: planned.quality,
    }).slice(0, 32),
    templates: material.hash,
    examples: examples.length,
    replies,
    ...spoiled,
  };
}

function promptsOf({ config, material, queryTypes }: PairWorkshop, { skills, queryType }: PlannedPair): PairPrompts {
  const { output, responseWords } = config.generation;
  const type = queryTypes.get(queryType);
  if (type === undefined) throw new Error(`The inventory has no query type "${queryType}".`);
  return { templates: material.templates, output, responseWords, skills, queryType: type };
}

async function writePair(
  workshop: PairWorkshop,
  prompts: PairPrompts,
  turns: TurnCalls,
  draftPrompt: string,
): Promise<Made> {
  const { generation } = workshop.config;
  const opening: readonly ChatMessage[] = [{ role: 'user', content: draftPrompt }];
  const drafted = await askTurn(turns, 'draft', pairTurn(workshop, prompts, opening, null));
  if (!drafted.ok) return { ...NOTHING, end: { ok: false, turn: 'draft', fault: drafted.fault } };
  const draft = drafted.value;
  const isDraft: Made = { ...NOTHING, draft, seed: drafted.seed, end: { ok: true, pair: draft, from: 'draft' } };
  if (!generation.critique) return isDraft;

  const improved = await improve(workshop, prompts, turns, draftPrompt, draft);
  const { critique } = improved;
  if (!improved.ok) {
    const end: PairEnd =
      generation.onFailedRefine === 'draft' ? isDraft.end : { ok: false, turn: improved.turn, fault: improved.fault };
    return { ...isDraft, critique, end };
  }
  const { refined, seed } = improved;
  const change = measureChange(draft, refined);
  const takesRefined: Made = {
    ...isDraft,
    critique,
    refined,
    change,
    seed,
    end: { ok: true, pair: refined, from: 'refined' },
  };
  if (workshop.gate === null || change.unchanged) return takesRefined;
  const gate = await askGate(workshop.gate, turns, prompts, draft, refined);
  return gate === 'refined'
    ? { ...takesRefined, gate }
    : { ...takesRefined, gate, seed: drafted.seed, end: isDraft.end };
}

type Improved =
  | { readonly ok: true; readonly critique: PairResult['critique']; readonly refined: Pair; readonly seed: number }
  | {
      readonly ok: false;
      readonly critique: PairResult['critique'];
      readonly turn: 'critique' | 'refine';
      readonly fault: Extract<PairEnd, { ok: false }>['fault'];
    };

/** Criticises and refines; when praise alone has led to nothing, both are asked for once more. */
async function improve(
  workshop: PairWorkshop,
  prompts: PairPrompts,
  turns: TurnCalls,
  draftPrompt: string,
  draft: Pair,
): Promise<Improved> {
  const once = async (isSecond: boolean): Promise<Improved> => {
    const critiquePrompt: ChatMessage = { role: 'user', content: renderCritiquePrompt(prompts) };
    const criticised = await askTurn(turns, 'critique', {
      messages: continueChat(draftPrompt, draft, critiquePrompt),
      maxTokens: workshop.config.generation.critiqueMaxTokens,
      isSecond,
      read: (text, finishReason) => {
        const read = parseCritique(text, finishReason);
        return read.ok ? { ok: true, value: read } : read;
      },
    });
    if (!criticised.ok) return { ok: false, critique: null, turn: 'critique', fault: criticised.fault };
    const { text, onlyPraise, cut } = criticised.value;
    const critique = { text, onlyPraise, cut };
    const chat = continueChat(
      draftPrompt,
      draft,
      critiquePrompt,
      { role: 'assistant', content: text },
      { role: 'user', content: renderRefinePrompt(prompts) },
    );
    const refined = await askTurn(turns, 'refine', { ...pairTurn(workshop, prompts, chat, draft), isSecond });
    return refined.ok
      ? { ok: true, critique, refined: refined.value, seed: refined.seed }
      : { ok: false, critique, turn: 'refine', fault: refined.fault };
  };
  const first = await once(false);
  const isWasted = !first.ok || measureChange(draft, first.refined).unchanged;
  if (!isWasted || first.critique?.onlyPraise !== true) return first;
  const second = await once(true);
  // A second asking that gives nothing is no reason to throw the first pair away.
  return second.ok || !first.ok ? second : first;
}

/** A turn that ends with a pair; a refined one may leave the message as it was in the draft. */
function pairTurn(
  { config }: PairWorkshop,
  prompts: PairPrompts,
  messages: readonly ChatMessage[],
  draft: Pair | null,
) {
  const { output, rewriteCut } = config.generation;
  const read = (text: string, finishReason: FinishReason, known: string | null) => {
    const reply = parsePair(text, finishReason, { output, allowAnswerOnly: known !== null });
    if (!reply.ok) return reply;
    const instruction = reply.instruction ?? known;
    return instruction === null
      ? ({ ok: false, fault: 'no-instruction' } as const)
      : ({ ok: true, value: { instruction, response: reply.response } } as const);
  };
  const known = draft?.instruction ?? null;
  return {
    messages,
    maxTokens: config.sampling.maxTokens,
    ...(output === 'json' ? { jsonSchema: PAIR_SCHEMA } : {}),
    read: (text: string, finishReason: FinishReason) => read(text, finishReason, known),
    ...(rewriteCut
      ? {
          rewritePrompt: renderRewritePrompt(prompts),
          // The message may have been whole before the answer was cut, and the rewrite may hold the answer alone.
          readRewrite: (text: string, finishReason: FinishReason, cut: string) =>
            read(text, finishReason, known ?? parseInstruction(cut)),
        }
      : {}),
  };
}

const PAIR_SCHEMA = {
  type: 'object',
  properties: { instruction: { type: 'string' }, response: { type: 'string' } },
  required: ['instruction', 'response'],
  additionalProperties: false,
} as const;

/** Replaces the answer of a row that an ablation spoils; its message stays. */
async function spoil({ quality }: PlannedPair, prompts: PairPrompts, turns: TurnCalls, made: Made): Promise<Made> {
  if (quality === 'clean' || !made.end.ok) return made;
  const { instruction } = made.end.pair;
  const reply = await askTurn(turns, 'spoil', {
    messages: [{ role: 'user', content: renderSpoilPrompt(prompts, quality, instruction) }],
    maxTokens: turns.sampling.maxTokens,
    read: parseSpoiled,
  });
  return reply.ok
    ? { ...made, seed: reply.seed, end: { ok: true, pair: { instruction, response: reply.value }, from: 'spoiled' } }
    : { ...made, end: { ok: false, turn: 'spoil', fault: reply.fault } };
}

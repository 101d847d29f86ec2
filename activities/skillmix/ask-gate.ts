import type { LimitFunction } from 'p-limit';
import { hashJson, sha256Hex } from '../../clients/content-hash.ts';
import type { SkillmixConfig } from '../../configs/schema/skillmix.ts';
import { renderGatePrompt, type PairPrompts } from '../../domain/skillmix/chat.ts';
import type { Pair } from '../../domain/skillmix/pair.ts';
import { parsePreference, type GateVerdict } from '../../domain/skillmix/preference.ts';
import type { TurnCalls } from './ask-turn.ts';
import { isRefused, payOnce } from '../calls/paid-calls.ts';
import type { TeacherCalls } from './teacher-calls.ts';
import type { WriterAnswer } from '../calls/writer-calls.ts';
import type { WriterSeat } from '../calls/writer-seat.ts';

/** What the calls to the judge of a gate share. */
export interface GateCalls extends Pick<TeacherCalls, 'ledger' | 'signal' | 'count'> {
  readonly seat: WriterSeat;
  /** The lane that the pair already has a place in: one and the same lane would wait for itself. */
  readonly heldLane: LimitFunction;
  readonly config: NonNullable<SkillmixConfig['generation']['gate']>;
}

/** Lowest temperature of a second or later try: at 0 the same unreadable words would come back. */
const RETRY_TEMPERATURE = 0.7;

/** Asks a judge which pair is better, until it says so; each try shows the two in an order of its own. */
export async function askGate(
  { seat, heldLane, config, ledger, signal, count }: GateCalls,
  { attempts, seedOf, log }: TurnCalls,
  prompts: PairPrompts,
  draft: Pair,
  refined: Pair,
): Promise<GateVerdict> {
  let verdict: GateVerdict = 'unreadable';
  for (let attempt = 0; attempt < attempts && verdict === 'unreadable'; attempt += 1) {
    const seed = seedOf('gate', attempt);
    const { content, refinedIsA } = renderGatePrompt(prompts, draft, refined, seed);
    const request = {
      messages: [{ role: 'user' as const, content }],
      seed,
      temperature: attempt === 0 ? config.temperature : Math.max(config.temperature, RETRY_TEMPERATURE),
      maxTokens: config.maxTokens,
    };
    const template = sha256Hex(prompts.templates.gate);
    const key = hashJson({ endpoint: 'gate', model: seat.name, template, ...request });
    const pay = () =>
      payOnce<WriterAnswer>(ledger, key, async () => {
        signal.throwIfAborted();
        const { text, finishReason, usage } = await seat.ask(request, signal);
        const { promptTokens = null, completionTokens = null } = usage;
        return { text, finishReason, promptTokens, completionTokens };
      });
    const answer = await (seat.lane === heldLane ? pay() : seat.lane(pay));
    count(answer);
    const entry = { turn: 'gate', isRewrite: false, attempt, seed } as const;
    if (isRefused(answer)) {
      log({ ...entry, text: null, finishReason: null, fault: 'call-refused' });
      return 'unreadable';
    }
    verdict = parsePreference(answer.text, answer.finishReason, refinedIsA);
    const { text, finishReason } = answer;
    log({ ...entry, text, finishReason, fault: verdict === 'unreadable' ? 'unreadable' : null });
  }
  return verdict;
}

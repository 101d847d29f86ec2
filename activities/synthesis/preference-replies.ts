import { cancellationSignal } from '@temporalio/activity';
import { hashJson } from '../../clients/content-hash.ts';
import type { CallLedger } from '../../clients/call-ledger.ts';
import type { FinishReason } from '../../domain/completion.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import { callSeed } from '../../domain/random.ts';
import type { Rollout } from '../../domain/rollout.ts';
import { planDraws, type PlannedDraw } from '../../domain/synthesis/preference-pairs.ts';
import { finishWhatIsPaid, isRefused, payOnce, type RefusedCall } from '../calls/paid-calls.ts';
import { samplingParameters } from '../calls/policy-calls.ts';
import type { SynthesisServices } from './services.ts';

interface RepliesAnswer {
  readonly choices: readonly {
    readonly text: string;
    readonly finishReason: FinishReason;
    readonly rawFinishReason: string | null;
  }[];
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

/** Replies to each prompt, in order of prompts and samples, and what they cost. */
export interface DrawnReplies {
  readonly rollouts: readonly Rollout[];
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** Draws the replies that pairs are made of, through the ledger: one call for each prompt and temperature. */
export async function drawPreferenceReplies(
  { seats, quality, seed: runSeed }: SynthesisServices,
  ledger: CallLedger,
  prompts: readonly PromptRow[],
): Promise<DrawnReplies> {
  const { replier } = seats;
  const { preferences } = quality;
  if (replier === null || preferences === undefined) throw new Error('The run draws no preference pairs.');
  const signal = cancellationSignal();
  const usage = { calls: 0, promptTokens: 0, completionTokens: 0 };
  const policy = `base:${replier.name}`;
  const tasks = prompts.flatMap((prompt) => planDraws(preferences.draws).map((draw) => ({ prompt, draw })));
  const groups = await finishWhatIsPaid(
    replier.lane,
    tasks,
    async ({ prompt, draw }) => {
      const { promptId, messages } = prompt;
      const { temperature, samples: n, firstSample } = draw;
      const request = {
        model: replier.name,
        messages: messages.map(({ role, content }) => ({ role, content })),
        sampling: { ...samplingParameters({ ...preferences.sampling, temperature }) },
        seed: callSeed({ seed: runSeed, stage: 'preferences', round: 0, promptId, sampleIndex: firstSample }),
        n,
      };
      const answer = await payOnce<RepliesAnswer>(
        ledger,
        hashJson({ endpoint: 'preferences', ...request }),
        async () => {
          signal.throwIfAborted();
          const { choices, usage: used } = await replier.model.chat(request, signal);
          return {
            choices: choices.map(({ text, finishReason, rawFinishReason }) => ({
              text,
              finishReason,
              rawFinishReason,
            })),
            promptTokens: used.promptTokens ?? null,
            completionTokens: used.completionTokens ?? null,
          };
        },
      );
      usage.calls += 1;
      usage.promptTokens += isRefused(answer) ? 0 : (answer.promptTokens ?? 0);
      usage.completionTokens += isRefused(answer) ? 0 : (answer.completionTokens ?? 0);
      return toRollouts(answer, { promptId, policy, seed: request.seed, draw });
    },
    signal,
  );
  return { rollouts: groups.flat(), ...usage };
}

function toRollouts(
  answer: RepliesAnswer | RefusedCall,
  {
    promptId,
    policy,
    seed,
    draw,
  }: { readonly promptId: string; readonly policy: string; readonly seed: number; readonly draw: PlannedDraw },
): readonly Rollout[] {
  return Array.from({ length: draw.samples }, (_, index) => {
    const place = { promptId, sampleIndex: draw.firstSample + index, seed: seed + index, policy };
    if (isRefused(answer)) return { ...place, outcome: { ok: false, ...answer.refused } };
    const choice = answer.choices[index];
    if (choice === undefined) {
      const message = 'the server returned fewer choices';
      return { ...place, outcome: { ok: false, code: 'model-server/malformed-response', message } };
    }
    const { text, finishReason, rawFinishReason } = choice;
    return { ...place, outcome: { ok: true, text, finishReason, rawFinishReason } };
  });
}

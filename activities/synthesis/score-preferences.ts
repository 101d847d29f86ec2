import { readFile } from 'node:fs/promises';
import { cancellationSignal } from '@temporalio/activity';
import type { CallLedger } from '../../clients/call-ledger.ts';
import type { JudgeMode } from '../../domain/judging/judge-method.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import type { JudgedRollout, Rollout } from '../../domain/rollout.ts';
import { rewardGroup, type RewardedGroup, type RewardedRollout } from '../../domain/rounds/reward-group.ts';
import { settleAll } from '../../domain/settle-all.ts';
import { createCallBatch } from '../calls/call-batch.ts';
import { createDecideByCode } from '../judging/decide-by-code.ts';
import { judgeAnswer, type JudgePanel } from '../judging/judge-answer.ts';
import type { JudgeCalls } from '../judging/judge-calls.ts';
import { askForRewards } from './reward-calls.ts';
import type { SynthesisSeats } from './seats.ts';
import type { SynthesisServices } from './services.ts';

type Answered = Rollout & { readonly outcome: Extract<Rollout['outcome'], { readonly ok: true }> };

/** Replies with their scores, and what scoring cost. */
export interface ScoredPreferences {
  readonly groups: readonly RewardedGroup[];
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Calls of a model that writes nothing. */
  readonly silentCalls: number;
  /** Calls whose tokens the server did not say. */
  readonly uncountedCalls: number;
}

/** Scores replies by the checklist judge where the config names one, else by the reward model. */
export async function scorePreferences(
  services: SynthesisServices,
  ledger: CallLedger,
  prompts: readonly PromptRow[],
  rollouts: readonly Rollout[],
): Promise<ScoredPreferences> {
  const { judge } = services.seats;
  return judge === null
    ? scoreByReward(services, ledger, prompts, rollouts)
    : scoreByJudge(services, judge, ledger, prompts, rollouts);
}

async function scoreByReward(
  { seats }: SynthesisServices,
  ledger: CallLedger,
  prompts: readonly PromptRow[],
  rollouts: readonly Rollout[],
): Promise<ScoredPreferences> {
  if (seats.reward === null) throw new Error('The run has nothing that scores replies.');
  const messagesOf = new Map(prompts.map(({ promptId, messages }) => [promptId, messages]));
  const idOf = ({ promptId, sampleIndex }: Rollout) => JSON.stringify([promptId, sampleIndex]);
  const { scores, ...usage } = await askForRewards(
    seats.reward,
    ledger,
    rollouts
      .filter((rollout): rollout is Answered => rollout.outcome.ok)
      .map((rollout) => ({
        id: idOf(rollout),
        messages: [
          ...(messagesOf.get(rollout.promptId) ?? []),
          { role: 'assistant', content: rollout.outcome.text } as const,
        ],
      })),
  );
  const rewarded = rollouts.map((rollout) => ({
    ...rollout,
    verdicts_I: [],
    passRate: null,
    reward: scores.get(idOf(rollout)) ?? null,
  }));
  return { groups: groupByPrompt(prompts, rewarded), ...usage, completionTokens: 0, silentCalls: usage.calls };
}

async function scoreByJudge(
  services: SynthesisServices,
  seats: NonNullable<SynthesisSeats['judge']>,
  ledger: CallLedger,
  prompts: readonly PromptRow[],
  rollouts: readonly Rollout[],
): Promise<ScoredPreferences> {
  const signal = cancellationSignal();
  const panel = await seatPanel(services, seats);
  const calls: JudgeCalls = {
    ledger,
    batch: createCallBatch(signal),
    signal,
    usage: { calls: 0, promptTokens: 0, completionTokens: 0, reported: 0 },
  };
  const decide = createDecideByCode(services.sandbox);
  const rowOf = new Map(prompts.map((prompt) => [prompt.promptId, prompt]));
  const judged = await settleAll(
    rollouts.map(async (rollout): Promise<JudgedRollout> => {
      const row = rowOf.get(rollout.promptId);
      if (!rollout.outcome.ok || row === undefined) return { ...rollout, verdicts_I: [], passRate: null };
      const answer = { row, sampleIndex: rollout.sampleIndex, text: rollout.outcome.text };
      return { ...rollout, verdicts_I: await judgeAnswer(calls, panel, answer, decide), passRate: null };
    }),
  );
  const groups = prompts.map((prompt) =>
    rewardGroup(
      prompt,
      { promptId: prompt.promptId, rollouts_G: judged.filter(({ promptId }) => promptId === prompt.promptId) },
      // A reply of which an item could not be judged is not worse than one that was judged as a whole.
      { kind: 'soft', minCoverage: 1 },
    ),
  );
  const { reported, ...usage } = calls.usage;
  return { groups, ...usage, silentCalls: 0, uncountedCalls: usage.calls - reported };
}

async function seatPanel(
  { seed }: SynthesisServices,
  { config, seats }: NonNullable<SynthesisSeats['judge']>,
): Promise<JudgePanel> {
  const judges = seats.map(async (seat) => ({
    ...seat,
    template: await readTemplate(seat.config.mode),
    verdictTemplate: await readTemplate('item-verdict'),
  }));
  return { role: 'judge', seed, config, judges: await Promise.all(judges) };
}

function readTemplate(name: JudgeMode | 'item-verdict'): Promise<string> {
  return readFile(new URL(`../../prompts/judge-${name}.md`, import.meta.url), 'utf8');
}

function groupByPrompt(prompts: readonly PromptRow[], rollouts: readonly RewardedRollout[]): readonly RewardedGroup[] {
  return prompts.map(({ promptId }) => ({
    promptId,
    rollouts_G: rollouts.filter((rollout) => rollout.promptId === promptId),
  }));
}

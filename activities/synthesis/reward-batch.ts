import { queryOf } from '../../domain/synthesis/row-texts.ts';
import type { RowRewards, SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { drawBaseReplies } from './base-replies.ts';
import { withHeartbeats } from '../heartbeats.ts';
import { askForRewards } from './reward-calls.ts';
import { rewriteBatch, type BatchCounts, type BatchTask } from './batch.ts';
import type { SynthesisServices, SynthesisServicesProvider } from './services.ts';

/** What scoring a batch found; every mean has its denominator here. */
export interface RewardCounts extends BatchCounts {
  /** Rows with a reward, and their sum. */
  readonly scored: number;
  readonly rewardSum: number;
  /** Rows whose conversation the reward model refused. */
  readonly unscored: number;
  /** Rows with a reward difference, and their sum. */
  readonly differences: number;
  readonly differenceSum: number;
  /** Of the base model and of the reward model, which writes nothing. */
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Calls of the reward model, and those of them whose tokens it did not say. */
  readonly silentCalls: number;
  readonly uncountedCalls: number;
}

/** Gives each conversation of a batch its reward, and the difference to that of a base model's reply. */
export function createRewardBatchActivities(provider: SynthesisServicesProvider) {
  return {
    /** Without a reward model the rows go on as they are. A conversation that it refused has no reward: it is not worth 0. */
    async rewardBatch(task: BatchTask): Promise<RewardCounts> {
      const services = await provider.of(task.run);
      return rewriteBatch(services, task, { from: 'answered', to: 'scored', step: 'reward-batch' }, (rows, scope) =>
        withHeartbeats(() => scoreRows(services, rows, scope)),
      );
    },
  };
}

const NO_CALLS = { calls: 0, promptTokens: 0, completionTokens: 0, silentCalls: 0, uncountedCalls: 0 };

async function scoreRows(services: SynthesisServices, rows: readonly SynthesisRow[], scope: string) {
  const { reward } = services.seats;
  const alive = rows.filter(({ dropped }) => dropped === undefined);
  if (reward === null) return { rows, counts: { ...count([]), ...NO_CALLS } };
  const ledger = await services.ledgers.open(scope);
  try {
    const own = await askForRewards(
      reward,
      ledger,
      alive.map(({ rowId, messages }) => ({ id: rowId, messages })),
    );
    // A base model answers one query: of a longer conversation its reply has no part to be held against.
    const single = alive.filter(({ messages }) => messages.length === 2);
    const { texts, ...replies } = await drawBaseReplies(services, ledger, single);
    const base = await askForRewards(
      reward,
      ledger,
      single.flatMap((row) => {
        const reply = texts.get(row.rowId);
        if (reply === undefined) return [];
        const user = { role: 'user', content: queryOf(row) } as const;
        return [{ id: row.rowId, messages: [user, { role: 'assistant', content: reply } as const] }];
      }),
    );
    const hasBase = services.seats.base !== null;
    const scored = rows.map((row): SynthesisRow => {
      if (row.dropped !== undefined) return row;
      const score = own.scores.get(row.rowId) ?? null;
      return {
        ...row,
        rewards: toRewards(reward.name, score, hasBase ? (base.scores.get(row.rowId) ?? null) : undefined),
      };
    });
    return {
      rows: scored,
      counts: {
        ...count(scored.flatMap(({ rewards }) => rewards ?? [])),
        calls: own.calls + replies.calls + base.calls,
        promptTokens: own.promptTokens + replies.promptTokens + base.promptTokens,
        completionTokens: replies.completionTokens,
        silentCalls: own.calls + base.calls,
        uncountedCalls: own.uncountedCalls + base.uncountedCalls,
      },
    };
  } finally {
    await ledger.close();
  }
}

/** @param baseReward `undefined` where no base model was asked */
function toRewards(rewardModel: string, reward: number | null, baseReward: number | null | undefined): RowRewards {
  if (baseReward === undefined) return { rewardModel, reward };
  const rewardDifference = reward === null || baseReward === null ? null : reward - baseReward;
  return { rewardModel, reward, baseReward, rewardDifference };
}

function count(rewards: readonly RowRewards[]) {
  const known = rewards.flatMap(({ reward }) => reward ?? []);
  const differences = rewards.flatMap(({ rewardDifference }) => rewardDifference ?? []);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    scored: known.length,
    rewardSum: sum(known),
    unscored: rewards.length - known.length,
    differences: differences.length,
    differenceSum: sum(differences),
  };
}

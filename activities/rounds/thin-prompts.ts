import { configOfLoop } from '../../configs/stage-sampling.ts';
import { promptShardName } from '../../domain/artifact-names.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import {
  addThinned,
  dropItems,
  recordItems,
  retireItems,
  type ItemHistory,
  type ThinnedCounts,
  type ThinningRules,
} from '../../domain/rounds/thin-checklist.ts';
import { judgedShardCount, readJudgedStage } from '../artifacts/read-stage.ts';
import type { RunServices } from '../run-services.ts';

/** A prompt as a round asks about it, and what was left out of its checklist. */
interface ThinnedPrompt {
  readonly row: PromptRow;
  readonly counts: Omit<ThinnedCounts, 'promptsRetired'>;
}

/** Leaves items out of the prompts of a round, by what is stored of the rounds before it and by the seed. */
export interface PromptThinner {
  /** Prompts of the set that have an item left: only they can be drawn. */
  readonly drawable: readonly PromptRow[];
  /** What the round asks of one of them. */
  thin(row: PromptRow): ThinnedPrompt;
  /** Prompts of the set that have none; `undefined` when nothing is ever left out. */
  readonly promptsRetired: number | undefined;
}

/** Reads what earlier rounds found and makes a thinner; the same one comes out after any restart. */
export async function createPromptThinner(
  services: RunServices,
  { runName, round }: { readonly runName: string; readonly round: number },
  set: readonly PromptRow[],
): Promise<PromptThinner> {
  const rules: ThinningRules = configOfLoop(services.config, 'online-dpo').reward;
  const isOff = rules.itemDropout === null && rules.retireAfterRounds === null;
  const history = rules.retireAfterRounds === null ? new Map() : await readHistory(services, runName, round);
  const left = new Map(set.map((row) => [row.promptId, retireItems(row, history, rules)]));
  const drawable = set.filter(({ promptId }) => (left.get(promptId)?.row.checklist.length ?? 0) > 0);
  return {
    drawable,
    thin(row) {
      const { row: kept, retired, retiredMet } = left.get(row.promptId) ?? { row, retired: 0, retiredMet: 0 };
      const { row: asked, dropped } = dropItems(kept, rules, { seed: services.config.seed, round });
      const itemsOffered = row.checklist.length;
      return {
        row: asked,
        counts: { itemsOffered, itemsRetired: retired, itemsRetiredMet: retiredMet, itemsDropped: dropped },
      };
    },
    promptsRetired: isOff ? undefined : set.length - drawable.length,
  };
}

/** What was left out of a round's prompts, as its shards say; `undefined` when nothing is ever left out. */
export async function readThinned(
  { store }: RunServices,
  { runName, round, shards }: { readonly runName: string; readonly round: number; readonly shards: number },
): Promise<ThinnedCounts | undefined> {
  const manifests = await Promise.all(
    Array.from({ length: shards }, (_, shard) =>
      store.find(promptShardName({ runName, stage: 'sample', round, shard })),
    ),
  );
  const found = manifests.flatMap((manifest) =>
    manifest?.summary['itemsOffered'] === undefined ? [] : [manifest.summary as unknown as ThinnedCounts],
  );
  return found.length === 0 ? undefined : found.reduce(addThinned);
}

/** One round after the other, so that the answers of one only are held at a time. */
async function readHistory(services: RunServices, runName: string, round: number): Promise<ItemHistory> {
  const names = await services.store.list(`${runName}/`);
  let history: ItemHistory = new Map();
  for (let before = 1; before < round; before += 1) {
    const shards = judgedShardCount(names, runName, before, 'sample');
    const { rows } = await readJudgedStage(services, { runName, round: before, stage: 'sample', shards });
    history = recordItems(history, rows);
  }
  return history;
}

import { configOfLoop } from '../configs/stage-sampling.ts';
import { roundName } from '../domain/artifact-names.ts';
import { DataError } from '../domain/errors.ts';
import { policyStamp, type PolicyVersion } from '../domain/policy-version.ts';
import type { RunRef, SelectionCounts } from '../domain/run.ts';
import { selectPairs } from '../domain/select-pairs.ts';
import { readJudgedStage } from './read-stage.ts';
import type { RunServicesProvider } from './run-services.ts';

export interface SelectPairsInput {
  readonly run: RunRef;
  readonly round: number;
  readonly shards: number;
  readonly policy: PolicyVersion;
}

/** Turns the judged groups of a round into preference pairs. */
export function createSelectPairsActivities(provider: RunServicesProvider) {
  return {
    async selectRoundPairs({ run, round, shards, policy }: SelectPairsInput): Promise<SelectionCounts> {
      const services = await provider.of(run);
      const { store } = services;
      const { selection } = configOfLoop(services.config, 'online-dpo');
      const name = roundName(run.runName, round, 'pairs');
      const existing = await store.find(name);
      if (existing !== undefined) return existing.summary as unknown as SelectionCounts;

      const { parents, rows } = await readJudgedStage(services, {
        runName: run.runName,
        round,
        stage: 'sample',
        shards,
      });
      const stamp = policyStamp(policy);
      const stale = rows.flatMap(([, { rollouts_G }]) => rollouts_G).find((rollout) => rollout.policy !== stamp);
      if (stale !== undefined) {
        throw new DataError(
          'data/mixed-policy-versions',
          `Round ${round} samples from ${stamp}, but a rollout of "${stale.promptId}" was made by ${stale.policy}: the round is refused.`,
        );
      }
      const selections = rows.map(([prompt, group]) => selectPairs(prompt, group, selection));
      const because = (reason: string) => selections.filter((selection) => selection.reason === reason).length;
      const pairs = selections.flatMap((selection) => selection.pairs);
      const counts: SelectionCounts = {
        prompts: rows.length,
        pairs: pairs.length,
        allEqual: because('all-equal'),
        marginTooSmall: because('margin-too-small'),
        tooFewJudged: because('too-few-judged'),
      };
      await store.write({
        name,
        schema: 'preference-pair',
        step: 'select-pairs',
        parents,
        configHash: run.configHash,
        policy: stamp,
        shards: [pairs],
        summary: { ...counts },
      });
      return counts;
    },
  };
}

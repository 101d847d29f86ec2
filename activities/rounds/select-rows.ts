import { rowRule } from '../../configs/row-rule.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import { roundName } from '../../domain/artifact-names.ts';
import { policyStamp } from '../../domain/policy-version.ts';
import { countSaturated } from '../../domain/rounds/count-saturated.ts';
import { selectRows } from '../../domain/rounds/select-rows.ts';
import type { SelectionCounts, TrainingRowKind } from '../../domain/run.ts';
import { readRewardedRound, type RoundSamples } from './read-rewarded.ts';
import { withHeartbeats } from '../heartbeats.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';
import { readThinned } from './thin-prompts.ts';

export interface SelectRowsInput extends RoundSamples {
  /** Prompts that were drawn beyond those the round began with. */
  readonly extraPrompts: number;
}

const SCHEMAS = {
  pairs: 'preference-pair',
  groups: 'rewarded-group',
  answers: 'chosen-answer',
} as const satisfies Record<TrainingRowKind, string>;

/** Turns the judged groups of a round into what its method trains on. */
export function createSelectRowsActivities(provider: RunServicesProvider) {
  return {
    async selectRoundRows(input: SelectRowsInput): Promise<SelectionCounts> {
      const { run, round } = input;
      const services = await provider.of(run);
      const rule = rowRule(configOfLoop(services.config, 'online-dpo'));
      const name = roundName(run.runName, round, rule.kind);
      const existing = await services.store.find(name);
      if (existing !== undefined) return existing.summary as unknown as SelectionCounts;
      return withHeartbeats(() => select(services, input, name, rule));
    },
  };
}

async function select(
  services: RunServices,
  input: SelectRowsInput,
  name: string,
  rule: ReturnType<typeof rowRule>,
): Promise<SelectionCounts> {
  const { run, round, policy, extraPrompts } = input;
  const { parents, rows } = await readRewardedRound(services, input);
  const selected = selectRows(rule, rows);
  const thinned = await readThinned(services, { runName: run.runName, round, shards: input.shards });
  const counts = {
    ...selected.counts,
    extraPrompts,
    ...countSaturated(rows),
    ...(thinned === undefined ? {} : { thinned: { ...thinned } }),
  } satisfies SelectionCounts;
  await services.store.write({
    name,
    schema: SCHEMAS[rule.kind],
    step: 'select-rows',
    parents,
    configHash: run.configHash,
    policy: policyStamp(policy),
    shards: [selected.rows],
    summary: counts,
  });
  return counts;
}

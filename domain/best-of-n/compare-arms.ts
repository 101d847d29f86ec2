import { bootstrapMean, bootstrapPairedDifference, type BootstrapOptions, type Interval } from '../bootstrap.ts';
import type { Selection } from './candidate.ts';
import { keepHighest } from './choose-best.ts';

/** A way to pick one answer of a prompt. */
export type Arm = 'best-of-n' | 'greedy' | 'random-of-n' | 'self-score' | 'majority' | 'reward-model' | 'oracle-of-n';

/** Gold pass rate of an arm over prompts. */
export interface ArmScore {
  readonly arm: Arm;
  /** Prompts that have a number: an arm may pick nothing, a pick may have no gold verdict. */
  readonly prompts: number;
  readonly interval: Interval | null;
  /** Best-of-N minus this arm, paired by prompt; `null` for Best-of-N itself or without shared prompts. */
  readonly gainOverArm: Interval | null;
  /**
   * Share of what the arm picked that is truly best by gold, mean over prompts; a set of picks counts as |S∩B| / |S|.
   *
   * @source TICK (arXiv 2410.03608) table 5; the formula is a guess that fits its text
   */
  readonly precision: number | null;
  /** Prompts behind the precision. */
  readonly precisionPrompts: number;
}

/** Gold pass rate of each arm's pick on one prompt; a set of picks counts with its mean. */
function armValues(selection: Selection, keepTies: boolean): ReadonlyMap<Arm, number> {
  const { candidates_N, greedy } = selection;
  const gold = new Map(
    candidates_N.flatMap(({ sampleIndex, goldPassRate }) =>
      goldPassRate === null ? [] : [[sampleIndex, goldPassRate] as const],
    ),
  );
  const mean = (values: readonly number[]) =>
    values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanOf = (picks: readonly number[]) => mean(picks.flatMap((pick) => gold.get(pick) ?? []));
  const all = [...gold.values()];
  const entries: readonly (readonly [Arm, number | undefined])[] = [
    ['best-of-n', meanOf(picksOf(selection, 'best-of-n', keepTies))],
    ['greedy', greedy?.goldPassRate ?? undefined],
    ['random-of-n', mean(all)],
    ...(['self-score', 'majority', 'reward-model'] as const).map(
      (arm) => [arm, meanOf(picksOf(selection, arm, keepTies))] as const,
    ),
    ['oracle-of-n', all.length === 0 ? undefined : Math.max(...all)],
  ];
  return new Map(entries.flatMap(([arm, value]) => (value === undefined ? [] : [[arm, value] as const])));
}

function picksOf(selection: Selection, arm: Arm, keepTies: boolean): readonly number[] {
  const one = (pick: number | null) => (pick === null ? [] : [pick]);
  switch (arm) {
    case 'best-of-n':
      return keepTies ? selection.tied : one(selection.chosen);
    case 'self-score':
      return one(selection.selfScored);
    case 'majority':
      return one(selection.majority);
    case 'reward-model':
      return one(selection.rewarded);
    default:
      return [];
  }
}

function precisionOf(
  selections: readonly Selection[],
  arm: Arm,
  keepTies: boolean,
): Pick<ArmScore, 'precision' | 'precisionPrompts'> {
  const shares = selections.flatMap((selection) => {
    const measured = selection.candidates_N.filter(({ goldPassRate }) => goldPassRate !== null);
    const best = new Set(
      keepHighest(measured, ({ goldPassRate }) => goldPassRate ?? 0).map(({ sampleIndex }) => sampleIndex),
    );
    // A pick that nobody measured is no wrong pick.
    const known = measured.map(({ sampleIndex }) => sampleIndex);
    const picks =
      arm === 'random-of-n' ? known : picksOf(selection, arm, keepTies).filter((pick) => known.includes(pick));
    return picks.length === 0 || best.size === 0 ? [] : [picks.filter((pick) => best.has(pick)).length / picks.length];
  });
  return {
    precision: shares.length === 0 ? null : shares.reduce((sum, share) => sum + share, 0) / shares.length,
    precisionPrompts: shares.length,
  };
}

/** Every arm that has numbers, Best-of-N first, measured on the same prompts by the same gold verdicts. */
export function compareArms(
  selections: readonly Selection[],
  keepTies: boolean,
  options: BootstrapOptions,
): readonly ArmScore[] {
  const values = selections.map((selection) => armValues(selection, keepTies));
  const arms: readonly Arm[] = [
    'best-of-n',
    'greedy',
    'random-of-n',
    'self-score',
    'majority',
    'reward-model',
    'oracle-of-n',
  ];
  return arms.flatMap((arm) => {
    const own = values.flatMap((byArm) => byArm.get(arm) ?? []);
    if (own.length === 0) return [];
    const shared = values.flatMap((byArm) => {
      const other = byArm.get(arm);
      const best = byArm.get('best-of-n');
      return other === undefined || best === undefined ? [] : [[other, best] as const];
    });
    return [
      {
        arm,
        prompts: own.length,
        interval: bootstrapMean(own, options),
        gainOverArm:
          arm === 'best-of-n' || shared.length === 0
            ? null
            : bootstrapPairedDifference(
                shared.map(([other]) => other),
                shared.map(([, best]) => best),
                options,
              ),
        ...precisionOf(selections, arm, keepTies),
      },
    ];
  });
}

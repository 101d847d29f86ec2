import type { Selection } from '../../best-of-n/candidate.ts';
import { canonicalJson, type JsonValue } from '../../canonical-json.ts';
import type { Checklist, Verdict } from '../../checklist.ts';
import { countEach, countUndecided, tallyVerdicts, type CountOf, type VerdictTally } from '../tally-verdicts.ts';
import type { SelectionTally } from './best-of-n-report.ts';

/** Which baselines were asked for. */
export interface AskedBaselines {
  readonly selfScore: boolean;
  readonly rewardModel: boolean;
}

/** Counts over the selections of a run. */
export function tallySelections(selections: readonly Selection[], asked: AskedBaselines): SelectionTally {
  const candidates = selections.flatMap(({ candidates_N }) => candidates_N);
  const failed = selections.reduce((sum, selection) => sum + selection.failed, 0);
  const drawn = selections.filter(({ candidates_N }) => candidates_N.length > 0);
  const choosable = drawn.filter(({ candidates_N }) => candidates_N.length > 1);
  const chosen = selections.filter((selection) => selection.chosen !== null);
  const missing = (value: (candidate: (typeof candidates)[number]) => number | null): CountOf =>
    countIn(candidates, (candidate) => value(candidate) === null);
  return {
    prompts: selections.length,
    candidates: { count: candidates.length, of: candidates.length + failed },
    truncated: countIn(candidates, ({ finishReason }) => finishReason === 'length'),
    looped: countIn(candidates, ({ finishReason }) => finishReason === 'repetition'),
    meanDistinct: meanOf(drawn.map(({ distinct }) => distinct)),
    onlyOneDistinct: countIn(choosable, ({ distinct }) => distinct === 1),
    tied: countIn(chosen, ({ tied }) => tied.length > 1),
    decidedBy: countEach(chosen.flatMap(({ decidedBy }) => decidedBy ?? [])),
    notChosen: { count: selections.length - chosen.length, of: selections.length },
    judgeVerdicts: tallyOrNull(candidates.flatMap(({ verdicts_I }) => verdicts_I)),
    goldVerdicts: tallyOrNull(candidates.flatMap(({ gold_I }) => gold_I)),
    goldUndecided: countUndecided([...candidates, ...selections.flatMap(({ greedy }) => greedy ?? [])]),
    selfScoreUnreadable: asked.selfScore ? missing(({ selfScore }) => selfScore) : null,
    rewardMissing: asked.rewardModel ? missing(({ reward }) => reward) : null,
    sameRuler: countIn(drawn, isSameRuler),
    judgeChosen: judgeChosen(chosen),
  };
}

function countIn<Item>(items: readonly Item[], holds: (item: Item) => boolean): CountOf {
  return { count: items.filter(holds).length, of: items.length };
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function tallyOrNull(verdicts: readonly Verdict[]): VerdictTally | null {
  return verdicts.length === 0 ? null : tallyVerdicts(verdicts);
}

function judgeChosen(chosen: readonly Selection[]): SelectionTally['judgeChosen'] {
  const rates = chosen.flatMap(({ candidates_N, chosen: pick }) => {
    const rate = candidates_N.find(({ sampleIndex }) => sampleIndex === pick)?.passRate ?? null;
    const all = meanOf(candidates_N.flatMap(({ passRate }) => passRate ?? []));
    return rate === null || all === null ? [] : [{ rate, all }];
  });
  const [mean, all] = [meanOf(rates.map(({ rate }) => rate)), meanOf(rates.map(({ all }) => all))];
  return mean === null || all === null ? null : { chosen: mean, all, n: rates.length };
}

/** Then the highest pass rate is the highest gold pass rate: selection can't be wrong, and shows nothing about a judge. */
function isSameRuler({ checklist, goldChecklist, candidates_N }: Selection): boolean {
  const isByCode = (verdicts: readonly Verdict[]) => verdicts.length > 0 && verdicts.every(({ by }) => by === 'code');
  return (
    checklist.every(({ verifier }) => verifier !== undefined) &&
    rulerOf(checklist) === rulerOf(goldChecklist) &&
    candidates_N.every(({ verdicts_I, gold_I }) => isByCode(verdicts_I) && isByCode(gold_I))
  );
}

function rulerOf(checklist: Checklist): string {
  return canonicalJson(checklist.map(({ verifier }) => (verifier ?? null) as unknown as JsonValue));
}

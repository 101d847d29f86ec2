import type { Interval } from '../bootstrap.ts';
import { between, boundOf, finding, signed, words, type GateFinding } from './gate-finding.ts';
import type { GateRules } from './gate-rules.ts';
import type { RoundMeasures } from './round-measures.ts';

/** Holds a round's answers to tasks against those of the version that the run began with, by score or by reward. */
export function wildbenchGate({ tasks }: RoundMeasures, rule: GateRules['wildbench']): GateFinding | null {
  if (rule === null) return null;
  const found = rule.measure === 'score' ? scoreChange(tasks) : rewardInterval(tasks);
  const isWorse = found !== null && boundOf(found, rule.evidence, 'high') < -rule.maxDrop;
  return finding('wildbench', rule.onFail, {
    passed: found !== null && !isWorse,
    measured: found?.mean ?? null,
    limit: -rule.maxDrop,
    text:
      found === null
        ? `No task has a readable ${rule.measure} that compares this round with the initial policy.`
        : `${describe(rule.measure, found)}, ${between(found, 'tasks')}; the ${words(rule.evidence)} must not lie below ${signed(-rule.maxDrop)}.`,
  });
}

function describe(measure: 'score' | 'reward', { mean }: Interval): string {
  return measure === 'score'
    ? `WB-Score changed by ${signed(mean)} (of -8 to 10) from the initial policy`
    : `WB-Reward against the initial policy is ${signed(mean)} (of -1 to 1)`;
}

function scoreChange(tasks: RoundMeasures['tasks']): Interval | null {
  return tasks?.scores?.change ?? null;
}

function rewardInterval(tasks: RoundMeasures['tasks']): Interval | null {
  const { reward, low, high, tasks: n } = tasks?.reward ?? { reward: null, low: null, high: null, tasks: 0 };
  return reward === null || low === null || high === null ? null : { mean: reward, low, high, n };
}

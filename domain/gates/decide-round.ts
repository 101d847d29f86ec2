import { between, boundOf, finding, signed, words, type GateFinding } from './gate-finding.ts';
import type { GateAction, GateName, GateRules } from './gate-rules.ts';
import { klGate } from './kl-gate.ts';
import type { RoundMeasures } from './round-measures.ts';
import { wildbenchGate } from './wildbench-gate.ts';

/** What the gates say of a round. */
export type RoundDecision = 'accept' | GateAction;

export interface DecidedRound {
  readonly round: number;
  readonly decision: RoundDecision;
  readonly findings: readonly GateFinding[];
}

/** What a person says of a round that waits. */
export type RoundAnswer = 'approve' | 'reject';

/** What became of a round in the end. */
export type RoundOutcome = 'accepted' | 'rolled-back' | 'stopped';

/** The last word: a person's, where the round waited for one. */
export function settleRound(decision: RoundDecision, answer: RoundAnswer | undefined): RoundOutcome {
  switch (decision) {
    case 'accept':
      return 'accepted';
    case 'roll-back':
      return 'rolled-back';
    case 'stop':
      return 'stopped';
    case 'wait':
      return answer === 'approve' ? 'accepted' : 'rolled-back';
  }
}

/** Holds the measures of a round against its gates. Stopping weighs more than waiting, waiting more than rolling back. */
export function decideRound(measures: RoundMeasures, rules: GateRules): DecidedRound {
  const findings = [
    heldOut(measures, rules.heldOut),
    goldGap(measures, rules.goldGap),
    length(measures, rules.length),
    saturation(measures, rules.saturation),
    distinctness(measures, rules.distinctness),
    klGate(measures, rules.kl),
    wildbenchGate(measures, rules.wildbench),
    rules.askEveryRound ? approval() : null,
  ].flatMap((finding) => finding ?? []);
  const actions = findings.filter(({ passed }) => !passed).map(({ onFail }) => onFail);
  const decision = (['stop', 'wait', 'roll-back'] as const).find((action) => actions.includes(action)) ?? 'accept';
  return { round: measures.round, decision, findings };
}

function heldOut(
  { heldOutChange: change, bestRound, measuredBy }: RoundMeasures,
  rule: GateRules['heldOut'],
): GateFinding | null {
  if (rule === null) return null;
  const isWorse = change !== null && boundOf(change, rule.evidence, 'high') < -rule.maxDrop;
  const best = bestRound === 0 ? 'the base' : `round ${bestRound}`;
  if (change === null && measuredBy === 'gold') {
    return goldDecidedNothing(
      'heldOut',
      -rule.maxDrop,
      `Gold decided no held-out prompt both for this round and for ${best}`,
    );
  }
  return finding('heldOut', rule.onFail, {
    passed: change !== null && !isWorse,
    measured: change?.mean ?? null,
    limit: -rule.maxDrop,
    text:
      change === null
        ? `No held-out prompt has a ${measuredBy} rate both for this round and for ${best}.`
        : `Held-out ${measuredBy} rate changed by ${signed(change.mean)} from ${best}, ${between(change)}; the ${words(rule.evidence)} must not lie below ${signed(-rule.maxDrop)}.`,
  });
}

function goldGap({ judgeLead: lead, measuredBy }: RoundMeasures, rule: GateRules['goldGap']): GateFinding | null {
  if (rule === null) return null;
  const isAhead = lead !== null && boundOf(lead, rule.evidence, 'low') > rule.maxGap;
  if (lead === null && measuredBy === 'gold') {
    return goldDecidedNothing(
      'goldGap',
      rule.maxGap,
      'No held-out prompt has both a judge rate and a gold rate, for this round and for the base',
    );
  }
  return finding('goldGap', rule.onFail, {
    passed: lead !== null && !isAhead,
    measured: lead?.mean ?? null,
    limit: rule.maxGap,
    text:
      lead === null
        ? 'No held-out prompt has both a judge rate and a gold rate, for this round and for the base.'
        : `Since the base, the judge's rate rose by ${signed(lead.mean)} more than the gold rate, ${between(lead)}; the ${words(rule.evidence)} must not lie above ${signed(rule.maxGap)}.`,
  });
}

/** Says nothing against the round, so a person decides, whatever `onFail` makes of one that was measured and failed. */
function goldDecidedNothing(gate: GateName, limit: number, found: string): GateFinding {
  const text = `${found}: see why, then approve the round or reject it.`;
  return finding(gate, 'wait', { passed: false, measured: null, limit, text });
}

function length(
  { lengthChars: now, baseLengthChars: base }: RoundMeasures,
  rule: GateRules['length'],
): GateFinding | null {
  if (rule === null) return null;
  const ratio = now === null || base === null || base.mean === 0 ? null : now.mean / base.mean;
  return finding('length', rule.onFail, {
    passed: ratio !== null && ratio <= rule.maxRatio && ratio >= 1 / rule.maxRatio,
    measured: ratio,
    limit: rule.maxRatio,
    text:
      ratio === null
        ? 'There are no held-out answers to compare in length.'
        : `Held-out answers are ${ratio.toFixed(2)} times as long as the base's (${now?.mean.toFixed(0)} characters over ${now?.n} answers, ${base?.mean.toFixed(0)} over ${base?.n}); at most ${rule.maxRatio} times as long or as short is allowed.`,
  });
}

function saturation(
  { saturation: { itemsJudged, itemsSaturated } }: RoundMeasures,
  rule: GateRules['saturation'],
): GateFinding | null {
  if (rule === null) return null;
  const share = itemsJudged === 0 ? null : itemsSaturated / itemsJudged;
  return finding('saturation', rule.onFail, {
    passed: share !== null && share <= rule.maxShare,
    measured: share,
    limit: rule.maxShare,
    text:
      share === null
        ? 'No training item has two verdicts.'
        : `${itemsSaturated} of ${itemsJudged} training items are met by every answer (${share.toFixed(2)}); at most ${rule.maxShare} is allowed.`,
  });
}

function distinctness(
  { distinctness: now, baseDistinctness: base }: RoundMeasures,
  rule: GateRules['distinctness'],
): GateFinding | null {
  if (rule === null) return null;
  const ratio = now === null || base === null || base.mean === 0 ? null : now.mean / base.mean;
  return finding('distinctness', rule.onFail, {
    passed: ratio !== null && ratio >= rule.minRatio,
    measured: ratio,
    limit: rule.minRatio,
    text:
      ratio === null
        ? 'There are no held-out answers with two words to compare.'
        : `Distinct word pairs in the answers to one prompt: ${now?.mean.toFixed(3)} over ${now?.n} prompts, ${ratio.toFixed(2)} times the base's ${base?.mean.toFixed(3)} over ${base?.n}; at least ${rule.minRatio} times is asked for.`,
  });
}

function approval(): GateFinding {
  const text = 'gates.askEveryRound: a person looks at every round.';
  return finding('approval', 'wait', { passed: false, measured: null, limit: null, text });
}

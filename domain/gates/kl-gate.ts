import { boundOf, finding, words, type GateFinding } from './gate-finding.ts';
import type { GateRules } from './gate-rules.ts';
import type { RoundMeasures } from './round-measures.ts';

/** Holds how far a round has moved from the base against its limit, by the estimator k3. */
export function klGate({ kl }: RoundMeasures, rule: GateRules['kl']): GateFinding | null {
  if (rule === null) return null;
  const found = kl?.k3 ?? null;
  const isFar = found !== null && boundOf(found, rule.evidence, 'low') > rule.maxNats;
  return finding('kl', rule.onFail, {
    passed: found !== null && !isFar,
    measured: found?.mean ?? null,
    limit: rule.maxNats,
    text:
      kl === null || found === null
        ? 'There are no held-out answers whose tokens could be compared with the base.'
        : `KL from ${kl.reference} is ${found.mean.toFixed(4)} nats a token (k3; k1 ${kl.k1?.mean.toFixed(4)}), interval ${found.low.toFixed(4)} to ${found.high.toFixed(4)} over ${found.n} prompts, ${kl.tokens} tokens of ${kl.answers} answers; the ${words(rule.evidence)} must not lie above ${rule.maxNats}.`,
  });
}

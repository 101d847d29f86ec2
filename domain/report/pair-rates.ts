import { bootstrapMean, bootstrapPairedDifference, type BootstrapOptions } from '../bootstrap.ts';
import type { ReportInterval } from './report-base.ts';

/** A rate of each prompt, by id. */
export type Rates = ReadonlyMap<string, number>;

/** Mean over the prompts with its interval; `null` over none. */
export function meanOfRates(rates: Rates, options: BootstrapOptions): ReportInterval | null {
  return rates.size === 0 ? null : bootstrapMean([...rates.values()], options);
}

/** Mean of after - before over the prompts that have both, with its interval; `null` when none has. */
export function meanChange(before: Rates, after: Rates, options: BootstrapOptions): ReportInterval | null {
  const shared = [...before.keys()].filter((promptId) => after.has(promptId));
  if (shared.length === 0) return null;
  return bootstrapPairedDifference(
    shared.map((promptId) => before.get(promptId) as number),
    shared.map((promptId) => after.get(promptId) as number),
    options,
  );
}

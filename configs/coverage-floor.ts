import type { JudgeRole, SampleStage } from '../domain/run.ts';
import type { RunConfig } from './schema/run-config.ts';

const MEASURED_STAGES: ReadonlySet<SampleStage> = new Set(['evaluate', 'follow']);

/**
 * Smallest share of decided items that a pass rate of a stage may stand on, in [0, 1]: the floor of the config where it
 * measures, none where it steers, because what steers has stricter rules of its own.
 */
export function coverageFloor({ evaluation }: RunConfig, stage: SampleStage, role: JudgeRole): number {
  const isMeasured = role === 'gold' || MEASURED_STAGES.has(stage);
  return isMeasured && 'minCoverage' in evaluation ? evaluation.minCoverage : 0;
}

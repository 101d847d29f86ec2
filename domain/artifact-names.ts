import type { SampleStage } from './run.ts';

const pad = (value: number): string => value.toString().padStart(3, '0');

/** Folder of one stage of one round: `<run>/round-001/sample`. */
export function stageName(runName: string, round: number, stage: SampleStage): string {
  return `${runName}/round-${pad(round)}/${stage}`;
}

/** Name of one shard of rows: `<prefix>/<kind>/shard-003`. */
export function shardName(prefix: string, kind: 'prompts' | 'rollouts' | 'judged', shard: number): string {
  return `${prefix}/${kind}/shard-${pad(shard)}`;
}

/** Prefix of a prompt set: `<run>/data/train`. */
export function promptSetName(runName: string, set: 'train' | 'held-out'): string {
  return `${runName}/data/${set}`;
}

/** Name of the single artifact of one step of a round: `<run>/round-001/pairs`. */
export function roundName(
  runName: string,
  round: number,
  step: 'pairs' | 'training' | 'curve' | 'policy' | 'evaluation',
): string {
  return `${runName}/round-${pad(round)}/${step}`;
}

/** The prompt set that a stage draws from. */
export function promptSetOf(stage: SampleStage): 'train' | 'held-out' {
  return stage === 'sample' ? 'train' : 'held-out';
}

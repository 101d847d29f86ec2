import type { PromptSetName, SampleStage, TrainingRowKind } from './run.ts';

/** One shard of one stage of a run. */
export interface StageShard {
  readonly runName: string;
  readonly stage: SampleStage;
  /** The training round, or the turn. */
  readonly round: number;
  readonly shard: number;
}

const pad = (value: number): string => value.toString().padStart(3, '0');

/** Folder of one round: `<run>/round-001`. */
export function roundFolder(runName: string, round: number): string {
  return `${runName}/round-${pad(round)}`;
}

/** Folder of one stage: `<run>/round-001/sample`, `<run>/refine/turn-001`, `<run>/candidates`. */
export function stageName(runName: string, round: number, stage: SampleStage): string {
  switch (stage) {
    case 'sample':
    case 'evaluate':
    case 'follow':
    case 'tasks':
      return `${roundFolder(runName, round)}/${stage}`;
    case 'refine':
    case 'self-refine':
      return `${runName}/${stage}/turn-${pad(round)}`;
    case 'bootstrap':
      return `${runName}/bolt/attempt-${pad(round)}`;
    case 'solutions':
      return `${runName}/bolt/attempt-${pad(round)}/solutions`;
    case 'answer':
    case 'candidates':
    case 'greedy':
      return `${runName}/${stage}`;
  }
}

/** Rows that a shard has one artifact of. */
export type ShardKind =
  | 'prompts'
  | 'checklists'
  | 'checklist-candidates'
  | 'rollouts'
  | 'judged'
  | 'gold'
  | 'ended'
  | 'critiques'
  | 'self-scores'
  | 'rewards'
  | 'results'
  | 'answers'
  | 'scores'
  | 'pairs'
  | 'queries'
  | 'labels'
  | 'checked'
  | 'outcome-scores'
  | 'asked'
  | 'vectors'
  | 'plans'
  | 'waves';

/** Name of one shard of rows: `<prefix>/<kind>/shard-003`. */
export function shardName(prefix: string, kind: ShardKind, shard: number): string {
  return `${prefix}/${kind}/shard-${pad(shard)}`;
}

/** Prefix of a prompt set: `<run>/data/train`. */
export function promptSetPrefix(runName: string, set: PromptSetName): string {
  return `${runName}/data/${set}`;
}

/** Name of the prompts that a stage's shard draws from; a training round has its own. */
export function promptShardName({ runName, stage, round, shard }: StageShard): string {
  if (stage === 'sample') return shardName(stageName(runName, round, stage), 'prompts', shard);
  return shardName(promptSetPrefix(runName, promptSetOf(stage)), 'prompts', shard);
}

/** Name of the checklists of a stage's shard: one for all stages of a prompt set, or one a turn. */
export function checklistShardName({ runName, stage, round, shard }: StageShard, regenerated: boolean): string {
  return regenerated && round > 0
    ? shardName(stageName(runName, round, stage), 'checklists', shard)
    : shardName(promptSetPrefix(runName, promptSetOf(stage)), 'checklists', shard);
}

/** Name of the single artifact of one step of a round: `<run>/round-001/pairs`. */
export function roundName(
  runName: string,
  round: number,
  step: TrainingRowKind | 'training' | 'curve' | 'policy' | 'evaluation' | 'kl' | 'gates' | 'answer',
): string {
  return `${roundFolder(runName, round)}/${step}`;
}

/** The prompt set that a stage draws from. */
export function promptSetOf(stage: SampleStage): PromptSetName {
  switch (stage) {
    case 'sample':
      return 'train';
    case 'evaluate':
      return 'held-out';
    case 'bootstrap':
    case 'solutions':
      return 'curated';
    case 'follow':
      return 'followed';
    case 'tasks':
      return 'tasks';
    default:
      return 'prompts';
  }
}

/** Name of the single artifact that says which weights each policy of a comparison stands for. */
export function comparedPoliciesName(runName: string): string {
  return `${runName}/compared`;
}

/** Folder of one policy of a comparison: its answers, and what the judges said of them. */
export function comparedPolicyPrefix(runName: string, policyName: string): string {
  return `${runName}/policies/${policyName}`;
}

/** Folder of a baseline's stored answers. */
export function storedAnswersPrefix(runName: string, baseline: string): string {
  return `${runName}/baselines/${baseline}`;
}

/** Single artifacts of BOLT's first stage. */
export type BoltStep =
  | 'examples'
  | 'references'
  | 'screening'
  | 'curation'
  | 'frozen-scores'
  | 'cut'
  | 'outcomes'
  | 'yields'
  | 'sft-rows';

/** Name of a single artifact of BOLT's first stage: `<run>/bolt/frozen-scores`. */
export function boltName(runName: string, step: BoltStep): string {
  return `${runName}/bolt/${step}`;
}

/** Folder of the queries before curation is through with them: as they were collected, or what the screens let through. */
export function boltQueriesPrefix(runName: string, step: 'collected' | 'screened'): string {
  return `${runName}/bolt/${step}`;
}

/** Stages of a synthesis; each writes the rows of its batch anew. */
export type SynthesisStage = 'queries' | 'screened' | 'tagged' | 'compared' | 'answered' | 'scored' | 'kept';

/** Name of the rows of one batch after one stage of a synthesis: `<run>/synthesis/tagged/shard-003`. */
export function synthesisShardName(runName: string, stage: SynthesisStage, batch: number): string {
  return `${runName}/synthesis/${stage}/shard-${pad(batch)}`;
}

/** Name of the single artifact that holds what a run of Magpie writes around words, and what ends them. */
export function magpieFramesName(runName: string): string {
  return `${runName}/synthesis/frames`;
}

/** Name of the embeddings of the queries of one batch that were kept when it was compared. */
export function synthesisVectorsName(runName: string, batch: number): string {
  return `${runName}/synthesis/vectors/shard-${pad(batch)}`;
}

/** Name of the preference pairs of one batch of a synthesis. */
export function synthesisPreferencesName(runName: string, batch: number): string {
  return `${runName}/synthesis/preferences/shard-${pad(batch)}`;
}

/** Name of all preference pairs of a synthesis. */
export function preferencesName(runName: string): string {
  return `${runName}/preferences`;
}

/** Name of the dataset that a synthesis ends with, and that other runs of the store can name. */
export function datasetName(runName: string): string {
  return `${runName}/dataset`;
}

/** Folder of what Instruct-SkillMix makes on its way to the dataset. */
export function skillmixFolder(runName: string): string {
  return `${runName}/skillmix`;
}

/** Name of a single artifact of Instruct-SkillMix: `<run>/skillmix/inventory`. */
export function skillmixName(runName: string, step: 'given' | 'inventory' | 'query-types' | 'row-skills'): string {
  return `${skillmixFolder(runName)}/${step}`;
}

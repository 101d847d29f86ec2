import { panelOf, type JudgeConfig } from '../../../configs/schema/judge.ts';
import { promptSetPrefix } from '../../../domain/artifact-names.ts';
import type { Verdict } from '../../../domain/checklist.ts';
import { readingsWanted } from '../../../domain/judging/judge-method.ts';
import { describeJudging, type Judging, type ModelAddress } from '../../../domain/report/who-judges.ts';
import { readArtifact } from '../../artifacts/read-artifact.ts';
import type { RunServices } from '../../run-services.ts';

/** Prompts that a report shows with all their answers. */
export const SAMPLE_COUNT = 10;

/** Rows of all finished shards below a folder, in order of the shards. */
export async function readRowsBelow<Row extends object>(
  { store }: RunServices,
  names: readonly string[],
  folder: string,
): Promise<readonly Row[]> {
  const shards = names.filter((name) => name.startsWith(`${folder}/`)).toSorted();
  const read = await Promise.all(shards.map((name) => readArtifact<Row>(store, name)));
  return read.flatMap(({ rows }) => rows);
}

/** Prompts of the set that a loop works through. */
export async function countPrompts({ store }: RunServices, runName: string, names: readonly string[]): Promise<number> {
  const folder = `${promptSetPrefix(runName, 'prompts')}/prompts/`;
  const manifests = await Promise.all(names.filter((name) => name.startsWith(folder)).map((name) => store.find(name)));
  return manifests.reduce((sum, manifest) => sum + (manifest?.rows ?? 0), 0);
}

/** Readings of an item, over all judges; code reads an item once. */
export function votesOf(judge: JudgeConfig | undefined): number {
  if (judge === undefined) return 1;
  return panelOf(judge).reduce((sum, member) => sum + readingsWanted(member), 0);
}

/** Who steered and who measured, by the verdicts that were given. */
export function readJudging(
  config: {
    readonly policy: ModelAddress;
    readonly judge?: JudgeConfig | undefined;
    readonly goldJudge?: JudgeConfig | undefined;
  },
  verdicts: readonly Verdict[],
  gold: readonly Verdict[],
): Judging {
  const isByJudge = ({ by }: Verdict) => by === 'judge';
  return describeJudging({
    policy: config.policy,
    judges: config.judge === undefined ? [] : panelOf(config.judge),
    goldJudges: config.goldJudge === undefined ? [] : panelOf(config.goldJudge),
    judgeDecided: verdicts.some(isByJudge),
    measured: gold.length > 0,
    goldJudgeDecided: gold.some(isByJudge),
  });
}

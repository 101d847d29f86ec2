import type { ArtifactStore } from '../../../clients/artifact-store.ts';
import type { Manifest } from '../../../domain/artifact.ts';
import {
  boltQueriesPrefix,
  promptSetPrefix,
  roundFolder,
  stageName,
  type ShardKind,
  type SynthesisStage,
} from '../../../domain/artifact-names.ts';
import type { ReportCalls } from '../../../domain/report/report-base.ts';
import type { RunServices } from '../../run-services.ts';

/** A place of a run where calls are made: a folder of shards, below the run's own. */
export interface CallPlace {
  readonly folder: string;
  readonly kind: ShardKind | SynthesisStage | 'preferences' | 'kl';
}

/** Places where judges were asked. */
const JUDGE_KINDS: ReadonlySet<CallPlace['kind']> = new Set(['judged', 'gold', 'scores', 'pairs']);

/** Every place where self-refinement may have made calls, in the order of the loop. */
export function refineCallPlaces(runName: string, turns: number, hasBaseline: boolean): readonly CallPlace[] {
  const turnsOf = (stage: 'refine' | 'self-refine', kinds: readonly ShardKind[]) =>
    Array.from({ length: turns }, (_, index) => placesIn(stageName(runName, index + 1, stage), kinds)).flat();
  return [
    ...checklistPlaces(runName),
    ...placesIn(stageName(runName, 0, 'answer'), ['rollouts', 'judged', 'gold']),
    ...turnsOf('refine', ['rollouts', 'checklists', 'judged', 'gold']),
    ...(hasBaseline ? turnsOf('self-refine', ['critiques', 'rollouts', 'gold']) : []),
  ];
}

/** Every place where Best-of-N may have made calls, in the order of the loop. */
export function bestOfNCallPlaces(runName: string): readonly CallPlace[] {
  return [
    ...checklistPlaces(runName),
    ...placesIn(stageName(runName, 0, 'candidates'), ['rollouts', 'judged', 'gold', 'self-scores', 'rewards']),
    ...placesIn(stageName(runName, 0, 'greedy'), ['rollouts', 'gold']),
  ];
}

/** Every place where BOLT's first stage may have made calls, in its order. */
export function boltCallPlaces(runName: string, attempts: number): readonly CallPlace[] {
  const drawn = Array.from({ length: attempts }, (_, index) => [
    ...placesIn(stageName(runName, index + 1, 'bootstrap'), ['rollouts']),
    ...placesIn(stageName(runName, index + 1, 'solutions'), ['judged', 'outcome-scores']),
  ]).flat();
  return [...placesIn(boltQueriesPrefix(runName, 'screened'), ['labels']), ...drawn];
}

/** Every place where a synthesis of instructions may have made calls, in the order of its stages. */
export function synthesisCallPlaces(runName: string): readonly CallPlace[] {
  const stages = ['queries', 'tagged', 'compared', 'answered', 'scored', 'preferences'] as const;
  return stages.map((kind) => ({ folder: `${runName}/synthesis`, kind }));
}

/** Every place where rounds of training and the measurements between them may have made calls, as far as the run came. */
export function roundCallPlaces(runName: string, names: readonly string[]): readonly CallPlace[] {
  const begun = names.flatMap((name) => {
    const round = name.startsWith(`${runName}/`)
      ? /^round-(\d+)\//.exec(name.slice(runName.length + 1))?.[1]
      : undefined;
    return round === undefined ? [] : [Number(round)];
  });
  // One more than has left anything: a run may have been ended in its first stage.
  const rounds = Array.from({ length: Math.max(-1, ...begun) + 2 }, (_, round) => round);
  return rounds.flatMap((round) => [
    ...placesIn(stageName(runName, round, 'sample'), ['rollouts', 'judged']),
    ...placesIn(stageName(runName, round, 'evaluate'), ['rollouts', 'judged', 'gold']),
    ...placesIn(stageName(runName, round, 'follow'), ['rollouts', 'judged']),
    { folder: roundFolder(runName, round), kind: 'kl' as const },
    ...placesIn(stageName(runName, round, 'tasks'), ['rollouts', 'scores', 'pairs']),
  ]);
}

/** Counts the calls of each place by its ledger, so that those of shards that were never finished are in; places without calls are left out. */
export async function readLoopCalls(
  { store, ledgers }: Pick<RunServices, 'store' | 'ledgers'>,
  runName: string,
  names: readonly string[],
  places: readonly CallPlace[],
): Promise<readonly ReportCalls[]> {
  const rows = await Promise.all(
    places.map(async ({ folder, kind }): Promise<ReportCalls> => {
      const prefix = `${folder}/${kind}`;
      const { sent, answered, failed, lost } = await ledgers.countsBelow(prefix);
      const sums = await sumManifests(
        store,
        names.filter((name) => name.startsWith(`${prefix}/`)),
      );
      const tokens = JUDGE_KINDS.has(kind) ? judgeTokens(sums) : writerTokens(sums);
      const { silentCalls, uncountedCalls } = sums.own;
      // A shard that was never finished has calls in the ledger and no sum of tokens: what is known is too small.
      const isWhole = tokens !== undefined && tokens.calls >= answered;
      return {
        stage: prefix.slice(runName.length + 1),
        sent,
        answered,
        failed,
        lost,
        promptTokens: isWhole && uncountedCalls === 0 ? known(tokens.promptTokens, answered) : null,
        // Embeddings and scores are calls without a text: where there are no others, 0 tokens were written.
        completionTokens:
          isWhole && uncountedCalls <= silentCalls ? known(tokens.completionTokens, answered - silentCalls) : null,
      };
    }),
  );
  return rows.filter(({ sent }) => sent > 0);
}

/** What the manifests of a place say of its calls. */
interface TokenSums {
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

function checklistPlaces(runName: string): readonly CallPlace[] {
  return placesIn(promptSetPrefix(runName, 'prompts'), ['checklist-candidates', 'checklists']);
}

function placesIn(folder: string, kinds: readonly ShardKind[]): readonly CallPlace[] {
  return kinds.map((kind) => ({ folder, kind }));
}

/** Numbers of calls that manifests tell. */
const SUMMED = [
  'calls',
  'promptTokens',
  'completionTokens',
  'judgeCalls',
  'judgePromptTokens',
  'judgeCompletionTokens',
  'unreportedUsage',
  'silentCalls',
  'uncountedCalls',
] as const;

type SummaryNumbers = Record<(typeof SUMMED)[number], number>;

/** The manifests of a place in numbers, and those of the candidates that were drawn for its checklists. */
interface ManifestSums {
  readonly own: Readonly<SummaryNumbers>;
  readonly candidates: Readonly<SummaryNumbers>;
}

/** One after the other, and none is held: a long run has more files than may be open, and more manifests than memory. */
async function sumManifests(store: ArtifactStore, names: readonly string[]): Promise<ManifestSums> {
  const [own, candidates] = [noNumbers(), noNumbers()];
  for (const name of names) {
    const manifest = await store.find(name);
    if (manifest === undefined) continue;
    addNumbers(own, manifest);
    for (const parent of manifest.parents) {
      if (!parent.name.includes('/checklist-candidates/')) continue;
      const drawn = await store.find(parent.name);
      if (drawn !== undefined) addNumbers(candidates, drawn);
    }
  }
  return { own, candidates };
}

function noNumbers(): SummaryNumbers {
  return Object.fromEntries(SUMMED.map((field) => [field, 0])) as SummaryNumbers;
}

function addNumbers(sums: SummaryNumbers, { summary }: Manifest): void {
  for (const field of SUMMED) sums[field] += Number(summary[field] ?? 0);
}

/** Those of the judge, beside which the manifest has those of the answers. `undefined` when an answered call told nothing. */
function judgeTokens({ own }: ManifestSums): TokenSums | undefined {
  const { judgeCalls: calls, judgePromptTokens: promptTokens, judgeCompletionTokens: completionTokens } = own;
  return own.unreportedUsage >= calls ? undefined : { calls, promptTokens, completionTokens };
}

/** Those of the policy, or of the writer of checklists, whose sums also hold the candidates that were drawn for it. */
function writerTokens({ own, candidates }: ManifestSums): TokenSums {
  return {
    calls: own.calls - candidates.calls,
    promptTokens: own.promptTokens - candidates.promptTokens,
    completionTokens: own.completionTokens - candidates.completionTokens,
  };
}

/** No tokens for calls that were answered: the server did not count them. */
function known(tokens: number, answered: number): number | null {
  return tokens === 0 && answered > 0 ? null : tokens;
}

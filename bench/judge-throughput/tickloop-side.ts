import { MockActivityEnvironment } from '@temporalio/testing';
import { createJudgeActivities } from '../../activities/judging/judge.ts';
import { createOpenRunActivities } from '../../activities/runs/open-run.ts';
import { readArtifact } from '../../activities/artifacts/read-artifact.ts';
import { createRespondActivities } from '../../activities/rounds/respond.ts';
import type { RunServicesProvider } from '../../activities/run-services.ts';
import { createWriteChecklistsActivities } from '../../activities/checklists/write-checklists.ts';
import { bestOfNConfig } from '../../configs/schema/best-of-n.ts';
import { shardName } from '../../domain/artifact-names.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import { renderInstruction } from '../../domain/render-instruction.ts';
import type { Rollout } from '../../domain/rollout.ts';
import type { RunRef, ShardTask } from '../../domain/run.ts';
import type { BenchMode, BenchOptions } from './options.ts';
import type { Judged } from './side.ts';

/** An answer and what it is judged by, for a judge that is not ours. */
export interface AnswerRow {
  readonly instruction: string;
  readonly answer: string;
  readonly questions: readonly string[];
}

const inActivity = <Result>(work: () => Promise<Result>): Promise<Result> => new MockActivityEnvironment().run(work);

/** Opens a run of a mode, up to where answers are judged. */
async function openMode(provider: RunServicesProvider, storeRoot: string, mode: BenchMode, options: BenchOptions) {
  const run: RunRef = { runName: `bench-${mode}`, storeRoot, configHash: '0'.repeat(64) };
  const { url: baseUrl, model } = options;
  const config = bestOfNConfig.parse({
    loop: 'best-of-n',
    data: { prompts: options.prompts, rows: options.rows },
    policy: { baseUrl, model, callsInFlight: 32 },
    judge: {
      baseUrl,
      model,
      mode,
      maxTokens: options.maxTokens,
      listItems: options.listItems,
      attempts: 1,
      callsInFlight: options.callsInFlight,
      ...(mode === 'item' ? { verdict: options.verdict } : {}),
    },
    sampling: { samplesPerPrompt: options.answers, samplesPerCall: options.answers, maxTokens: options.answerTokens },
    shards: { rows: 256 },
    store: { minFreeMb: 0 },
  });
  const opened = await inActivity(() => createOpenRunActivities(provider).openRun({ run, config }));
  const task: ShardTask = { run, stage: 'candidates', round: 0, shard: 0, policy: opened.basePolicy };
  await inActivity(() => createWriteChecklistsActivities(provider).writeChecklists(task));
  return task;
}

/** Where the answers of a run are. */
const rolloutsOf = ({ run }: ShardTask): string => shardName(`${run.runName}/candidates`, 'rollouts', 0);

/**
 * Draws the answers once, untimed, for all modes.
 *
 * @returns for each mode the shard to judge, and the answers for the other side
 */
export async function drawAnswers(provider: RunServicesProvider, storeRoot: string, options: BenchOptions) {
  const tasks = new Map<BenchMode, ShardTask>();
  for (const mode of options.modes) tasks.set(mode, await openMode(provider, storeRoot, mode, options));
  const [first, ...others] = tasks.values();
  if (first === undefined) throw new Error('there is no mode to measure');
  await inActivity(() => createRespondActivities(provider).respond(first));
  const { store } = await provider.of(first.run);
  const { rows: rollouts, manifest, ref } = await readArtifact<Rollout>(store, rolloutsOf(first));
  for (const task of others) {
    const { schema, step, configHash, policy, summary } = manifest;
    const copy = { schema, step, configHash, policy, summary, parents: [ref], shards: [rollouts] };
    await store.write({ ...copy, name: rolloutsOf(task) });
  }
  const prompts = await readArtifact<PromptRow>(store, shardName(`${first.run.runName}/data/prompts`, 'prompts', 0));
  const promptOf = new Map(prompts.rows.map((row) => [row.promptId, row]));
  const rows = rollouts.flatMap(({ promptId, outcome }): readonly AnswerRow[] => {
    const prompt = promptOf.get(promptId);
    if (prompt === undefined || !outcome.ok) return [];
    const questions = prompt.checklist.map(({ question }) => question);
    return [{ instruction: renderInstruction(prompt.messages), answer: outcome.text, questions }];
  });
  return { tasks, rows };
}

/** Judges a shard by tickloop's own activity, with its ledger and its store. */
export async function judgeWithTickloop(provider: RunServicesProvider, task: ShardTask): Promise<Judged> {
  const began = performance.now();
  const { yes, no, unparsed } = await inActivity(() => createJudgeActivities(provider).judge(task));
  const seconds = (performance.now() - began) / 1000;
  return { seconds, items: yes + no + unparsed, decided: yes + no, lost: 0 };
}

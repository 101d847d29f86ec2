import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { withTranslatedErrors } from '../../activities/failure.ts';
import { createJudgeActivities } from '../../activities/judging/judge.ts';
import { createOpenRunActivities } from '../../activities/runs/open-run.ts';
import { createPublishActivities } from '../../activities/serving/publish.ts';
import { createRespondActivities } from '../../activities/rounds/respond.ts';
import { createRunServicesProvider } from '../../activities/run-services.ts';
import { createDrawPromptsActivities } from '../../activities/rounds/draw-prompts.ts';
import { createEvaluateActivities } from '../../activities/rounds/evaluate.ts';
import { createGateActivities } from '../../activities/rounds/gates.ts';
import { createSelectRowsActivities } from '../../activities/rounds/select-rows.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import { createLocalLedgerStore } from '../../clients/local-call-ledger.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import { promptSet, type DrawnUsage, type OpenedRun, type RunRef, type ShardTask } from '../../domain/run.ts';
import type { DeterministicModelOptions } from './deterministic-model.ts';
import { makeRunConfig, type OnlineDpoChanges } from './make-run-config.ts';
import { startScriptedModelServer, type ScriptedModelServerOptions } from './scripted-model-server.ts';

const quiet = (): void => {};

/** Runs work as an activity whose failure is not logged: failures are what many tests are about. */
export function inActivity<Result>(
  work: () => Promise<Result>,
  onHeartbeat: (details: unknown) => void = quiet,
): Promise<Result> {
  const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };
  const environment = new MockActivityEnvironment(undefined, { logger });
  environment.on('heartbeat', onHeartbeat);
  return environment.run(work);
}

/** A prompt whose one item asks for an answer without commas. */
export function makePrompt(promptId: string, content: string, changes: Partial<PromptRow> = {}): PromptRow {
  return {
    promptId,
    messages: [{ role: 'user', content }],
    checklist: [{ question: 'Is the answer free of commas?', verifier: { kind: 'no_comma', args: {} } }],
    ...changes,
  };
}

/**
 * The real activities over a local store in a temporary folder and a scripted model server. Calls go one at a time, so
 * that scripted replies meet the calls they are meant for.
 */
export async function startActivityBench(
  model: DeterministicModelOptions,
  intercept: NonNullable<ScriptedModelServerOptions['intercept']> = () => undefined,
) {
  const folder = await mkdtemp(join(tmpdir(), 'tickloop-activities-'));
  const server = await startScriptedModelServer({ intercept, deterministic: model });
  const provider = createRunServicesProvider({});
  const storeRoot = join(folder, 'store');
  const run: RunRef = { runName: 'test', storeRoot, configHash: '0'.repeat(64) };
  const activities = withTranslatedErrors({
    ...createOpenRunActivities(provider),
    ...createRespondActivities(provider),
    ...createJudgeActivities(provider),
    ...createDrawPromptsActivities(provider),
    ...createSelectRowsActivities(provider),
    ...createEvaluateActivities(provider),
    ...createGateActivities(provider),
    ...createPublishActivities(provider),
  });
  const pathOf = (name: string) => join(folder, `${name}.jsonl`);

  const bench = {
    folder,
    run,
    server,
    activities,
    pathOf,
    store: createLocalArtifactStore({ root: storeRoot }),
    ledgers: createLocalLedgerStore({ root: storeRoot }),
    chatCalls: () => server.requests.filter(({ path }) => path === '/v1/chat/completions'),
    writeLines: (name: string, lines: readonly string[]) =>
      writeFile(pathOf(name), lines.map((line) => `${line}\n`).join('')),
    writePrompts: (name: string, rows: readonly PromptRow[]) =>
      bench.writeLines(
        name,
        rows.map((row) => JSON.stringify(row)),
      ),
    config: (changes: OnlineDpoChanges = {}) =>
      makeRunConfig({
        data: { train: pathOf('train'), heldOut: pathOf('held-out') },
        policy: { baseUrl: server.baseUrl, model: 'base', modelPath: folder, callsInFlight: 1 },
        sampling: { samplesPerPrompt: 4, samplesPerCall: 2 },
        store: { minFreeMb: 0 },
        ...changes,
      }),
    /** Opens the run, by default under its own name and with no change to the config, and draws the prompts of round 1. */
    open: (changes: OnlineDpoChanges = {}, as: RunRef = run): Promise<OpenedRun> =>
      inActivity(async () => {
        const opened = await activities.openRun({ run: as, config: bench.config(changes) });
        await activities.drawRoundPrompts({ run: as, round: 1, trainSet: promptSet(opened, 'train') });
        return opened;
      }),
    respond: (task: ShardTask): Promise<DrawnUsage> => inActivity(() => activities.respond(task)),
    judge: (task: ShardTask) => inActivity(() => activities.judge(task)),
    close: async () => {
      await provider.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return bench;
}

/** The failure that an activity ends with. @throws when it ends well or with anything else */
export async function failureFrom(work: Promise<unknown>): Promise<ApplicationFailure> {
  const error: unknown = await work.then(
    () => new Error('the activity ended well'),
    (error: unknown) => error,
  );
  if (error instanceof ApplicationFailure) return error;
  throw error;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TrainerError } from '../domain/errors.ts';
import { withoutSecrets } from '../domain/secret-names.ts';
import { endProcessGroup, identifyProcess, isProcessAlive, type ProcessIdentity } from './process-group.ts';
import type { Trainer, TrainerRunOptions, TrainingJob, TrainingResult } from './trainer.ts';
import {
  measureEvents,
  readEvents,
  readExitCode,
  readProcessRecord,
  readResult,
  readStderrTail,
  removeProcessFiles,
  trainerPaths,
  writeJob,
  writeProcessRecord,
} from './trainer-folder.ts';

const POLL_MS = 500;
/** Longer than one step and a save of a small model. */
const STOP_GRACE_MS = 30_000;
const EXIT_BAD_JOB = 2;
const STDERR_LINES = 20;

/**
 * Keeps the exit code where an adopter finds it: only a parent could wait for it. Without the trap the shell would die of
 * the group's SIGTERM before the trainer has saved, and the code would be lost.
 */
const WRAPPER =
  'trap : TERM INT; exit_file=$1; shift; "$@"; echo $? > "$exit_file.tmp"; mv "$exit_file.tmp" "$exit_file"';

export interface TrainerProcessOptions {
  /** Python interpreter with the trainer's packages. */
  readonly python: string;
  /** Folder with one script a method, such as `dpo.py`. */
  readonly scriptFolder: string;
}

/** A trainer that is a process group on this host, and outlives the worker that started it. */
export function createTrainerProcess({ python, scriptFolder }: TrainerProcessOptions): Trainer {
  return {
    async run<J extends TrainingJob>(job: J, options: TrainerRunOptions) {
      await writeJob(job);
      const finished = await readResult(job);
      if (finished !== undefined) return finished;

      const recorded = await readProcessRecord(job.outputDir);
      if (recorded !== undefined && isProcessAlive(recorded)) return await follow(job, options, recorded, 0);

      options.signal.throwIfAborted();
      // Events of an earlier process are not this one's progress.
      const offset = await measureEvents(job.outputDir);
      const launcher = options.command ?? [python];
      return await follow(job, options, await start(job, launcher, join(scriptFolder, `${job.method}.py`)), offset);
    },
  };
}

async function start(job: TrainingJob, launcher: readonly string[], script: string): Promise<ProcessIdentity> {
  await checkLauncher(launcher[0]);
  await removeProcessFiles(job.outputDir);
  const paths = trainerPaths(job.outputDir);
  const stdout = await open(paths.stdout, 'w');
  const stderr = await open(paths.stderr, 'w');
  try {
    const child = spawn('/bin/sh', ['-c', WRAPPER, 'sh', paths.exitCode, ...launcher, script, '--job', paths.job], {
      detached: true,
      stdio: ['ignore', stdout.fd, stderr.fd],
      env: trainerEnvironment(),
    });
    await once(child, 'spawn');
    child.unref();
    const { pid } = child;
    // Gone already means that it could not even read its job; its exit code says why.
    const identity = (pid === undefined ? undefined : identifyProcess(pid)) ?? {
      pid: pid ?? 0,
      startTime: '',
      host: '',
    };
    await writeProcessRecord(job.outputDir, identity);
    return identity;
  } finally {
    await stdout.close();
    await stderr.close();
  }
}

async function follow<J extends TrainingJob>(
  job: J,
  options: TrainerRunOptions,
  identity: ProcessIdentity,
  eventsOffset: number,
): Promise<TrainingResult<J>> {
  const { signal, leaveRunning, onProgress } = options;
  let offset = eventsOffset;
  let latest: Parameters<typeof onProgress>[0];
  for (;;) {
    if (signal.aborted) {
      if (!leaveRunning()) await endProcessGroup(identity.pid, STOP_GRACE_MS);
      throw signal.reason;
    }
    const alive = isProcessAlive(identity);
    const read = await readEvents(job.outputDir, offset);
    offset = read.offset;
    latest = read.events.findLast((event) => event.event === 'step') ?? latest;
    onProgress(latest);
    if (!alive) return await readOutcome(job, identity);
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function readOutcome<J extends TrainingJob>(job: J, identity: ProcessIdentity): Promise<TrainingResult<J>> {
  const exitCode = await readExitCode(job.outputDir);
  const result = await readResult(job);
  if (result !== undefined) return result;
  const { stderr } = trainerPaths(job.outputDir);
  if (exitCode === 0) {
    throw new TrainerError(
      'trainer/no-result',
      `The trainer exited with code 0 and wrote no result.json in ${job.outputDir}; see ${stderr}.`,
    );
  }
  // The wrapper was killed: the trainer below it may live on without it, and would hold the job's lock.
  if (exitCode === undefined) await endProcessGroup(identity.pid, STOP_GRACE_MS);
  const tail = await readStderrTail(job.outputDir, STDERR_LINES);
  const details = { exitCode: exitCode ?? null };
  if (exitCode === 126 || exitCode === 127) throw unavailable(tail);
  if (exitCode === EXIT_BAD_JOB) {
    throw new TrainerError('trainer/bad-job', `The trainer refused its job: ${tail}`, { details });
  }
  const how = exitCode === undefined ? 'was killed' : `exited with code ${exitCode}`;
  throw new TrainerError('trainer/exit', `The trainer ${how}; the last lines of ${stderr} are:\n${tail}`, { details });
}

async function checkLauncher(program: string | undefined): Promise<void> {
  // A bare name is looked up in PATH by the shell, which answers 127.
  if (program === undefined || !program.includes('/')) return;
  try {
    await access(program, constants.X_OK);
  } catch (error) {
    throw unavailable(`${program} can't be executed`, error);
  }
}

function unavailable(found: string, cause?: unknown): TrainerError {
  return new TrainerError(
    'trainer/unavailable',
    `The trainer's Python could not be started (${found}); run \`npm run setup\`, or correct training.command.`,
    { cause },
  );
}

function trainerEnvironment(): NodeJS.ProcessEnv {
  return { ...withoutSecrets(process.env), HF_HUB_OFFLINE: '1', HF_HUB_DISABLE_TELEMETRY: '1', PYTHONUNBUFFERED: '1' };
}

import { lstat, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { TrainerError } from '../domain/errors.ts';
import { compareJobs } from './compare-jobs.ts';
import type { ProcessIdentity } from './process-group.ts';
import type { TrainerEvent, TrainingJob, TrainingResult } from './trainer.ts';

const STDERR_TAIL_BYTES = 32_768;

/** Paths of the files that a trainer and its client share. */
export function trainerPaths(outputDir: string) {
  return {
    job: join(outputDir, 'job.json'),
    result: join(outputDir, 'result.json'),
    events: join(outputDir, 'events.jsonl'),
    process: join(outputDir, 'process.json'),
    exitCode: join(outputDir, 'exit-code'),
    stdout: join(outputDir, 'stdout.log'),
    stderr: join(outputDir, 'stderr.log'),
  };
}

/** Writes `job.json`, or checks that the one from an earlier attempt says the same; one from before the folder was moved is replaced. */
export async function writeJob(job: TrainingJob): Promise<void> {
  const path = trainerPaths(job.outputDir).job;
  const found = await readText(path);
  const likeness = found === undefined ? 'none' : compareJobs(found, job);
  if (likeness === 'same') return;
  if (likeness === 'other') {
    throw new TrainerError(
      'trainer/bad-job',
      `${path} holds a different job than the one to run; give this job another outputDir or remove that folder.`,
    );
  }
  await mkdir(job.outputDir, { recursive: true });
  await writeByRename(path, `${JSON.stringify(job, null, 2)}\n`);
}

/** The finished result, or `undefined` while there is none. */
export async function readResult<J extends TrainingJob>({ outputDir }: J): Promise<TrainingResult<J> | undefined> {
  const text = await readText(trainerPaths(outputDir).result);
  return text === undefined ? undefined : (JSON.parse(text) as TrainingResult<J>);
}

/** The process that an earlier attempt recorded. */
export async function readProcessRecord(outputDir: string): Promise<ProcessIdentity | undefined> {
  const text = await readText(trainerPaths(outputDir).process);
  return text === undefined ? undefined : (JSON.parse(text) as ProcessIdentity);
}

/** Records the process, for a later attempt to adopt. */
export async function writeProcessRecord(outputDir: string, identity: ProcessIdentity): Promise<void> {
  await writeByRename(trainerPaths(outputDir).process, `${JSON.stringify(identity)}\n`);
}

/** Removes what an earlier process left, so that it is not taken for the next one's. */
export async function removeProcessFiles(outputDir: string): Promise<void> {
  const paths = trainerPaths(outputDir);
  await rm(paths.process, { force: true });
  await rm(paths.exitCode, { force: true });
}

/** The exit code, or `undefined` when the wrapper died before it could write one. */
export async function readExitCode(outputDir: string): Promise<number | undefined> {
  const text = await readText(trainerPaths(outputDir).exitCode);
  return text === undefined ? undefined : Number(text);
}

/** The last lines of the trainer's stderr. */
export async function readStderrTail(outputDir: string, lines: number): Promise<string> {
  const text = await readFrom(trainerPaths(outputDir).stderr, -STDERR_TAIL_BYTES);
  return text.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n');
}

/** Size of `events.jsonl` in bytes; 0 while there is none. */
export async function measureEvents(outputDir: string): Promise<number> {
  return (await stat(trainerPaths(outputDir).events).catch(() => undefined))?.size ?? 0;
}

/** Reads the events that were appended after `offset` bytes; a line that is not whole yet waits for the next call. */
export async function readEvents(
  outputDir: string,
  offset: number,
): Promise<{ readonly events: readonly TrainerEvent[]; readonly offset: number }> {
  const bytes = await readFrom(trainerPaths(outputDir).events, offset);
  const end = bytes.lastIndexOf(0x0a) + 1;
  const events: TrainerEvent[] = [];
  for (const line of bytes.subarray(0, end).toString('utf8').split('\n')) {
    try {
      if (line !== '') events.push(JSON.parse(line) as TrainerEvent);
    } catch {
      // Half a line, left by a trainer that was killed and then closed by the next one.
    }
  }
  return { events, offset: offset + end };
}

/**
 * Removes what only a training that goes on would read: its checkpoints, and its own copy of weights that are kept elsewhere
 * by now. With whole weights these are several times as large as what was trained. Job, rows, events, result and logs stay.
 *
 * @param optimizerPath state of the optimizer that a later training goes on with, which stays where it is; `null` where
 *   none does. Where it is no file of a checkpoint of this folder, all checkpoints stay
 */
export async function discardWorkingCopies(outputDir: string, optimizerPath: string | null): Promise<void> {
  await discard(join(outputDir, 'adapter'));
  await discard(join(outputDir, 'weights'));
  const checkpoints = resolve(outputDir, 'checkpoints');
  if (optimizerPath === null) return discard(checkpoints);
  // A path that a trainer wrote: wherever it leads, by dots or by a link, nothing outside of this folder is touched.
  const kept = dirname(resolve(optimizerPath));
  const found = await lstat(kept).catch(() => undefined);
  if (dirname(kept) !== checkpoints || found?.isDirectory() !== true) return;
  await discardAllBut(basename(kept), checkpoints);
  await discardAllBut(basename(optimizerPath), kept);
}

const discard = (path: string): Promise<void> => rm(path, { recursive: true, force: true });

async function discardAllBut(kept: string, folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  for (const name of names) {
    if (name !== kept) await discard(join(folder, name));
  }
}

async function readFrom(path: string, start: number): Promise<Buffer> {
  let file;
  try {
    file = await open(path);
  } catch (error) {
    if (isMissing(error)) return Buffer.alloc(0);
    throw error;
  }
  try {
    const { size } = await file.stat();
    const from = start < 0 ? Math.max(0, size + start) : Math.min(start, size);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function writeByRename(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CountingProxy } from './counting-proxy.ts';
import type { BenchOptions } from './options.ts';
import { strikeAfter, type Pair } from './side.ts';

const SCRIPT = fileURLToPath(new URL('generate_with_distilabel.py', import.meta.url));

export interface DistilabelRun {
  readonly python: string;
  readonly preQuery: string;
  /** Folder of the pipeline's cache. */
  readonly cache: string;
  /** Kills all its processes after so many calls, and starts it again on the same cache. */
  readonly killAfter?: number;
}

/** Makes rows by distilabel's MagpieGenerator, as its documentation has it. */
export async function runDistilabel(
  proxy: CountingProxy,
  { rows, batch, maxTokens, model }: BenchOptions,
  { python, preQuery, cache, killAfter }: DistilabelRun,
): Promise<readonly Pair[]> {
  const flags = ['--url', `${proxy.url}/v1`, '--tokenizer', model, '--pre-query', preQuery, '--cache', cache];
  const sizes = ['--rows', String(rows), '--batch', String(batch), '--max-tokens', String(maxTokens)];
  const start = () =>
    spawn(python, [SCRIPT, ...flags, ...sizes], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  if (killAfter !== undefined) {
    const doomed = start();
    const stopWaiting = strikeAfter(proxy, killAfter, () => process.kill(-doomed.pid!, 'SIGKILL'));
    await outputOf(doomed);
    stopWaiting();
  }
  const { stdout, stderr, code } = await outputOf(start());
  const result = stdout.split('\n').find((line) => line.startsWith('RESULT '));
  if (result === undefined) throw new Error(`distilabel ended with ${code}: ${stderr.slice(-2000)}`);
  const pairs = JSON.parse(result.slice('RESULT '.length)) as { query: string | null; reply: string | null }[];
  return pairs.map(({ query, reply }) => ({ query: query ?? '', reply: reply ?? '' }));
}

async function outputOf(child: ChildProcess) {
  let [stdout, stderr] = ['', ''];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { stdout, stderr, code };
}

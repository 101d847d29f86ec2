import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTickloop } from '../../tests/support/run-tickloop.ts';
import type { CountingProxy } from './counting-proxy.ts';
import type { BenchOptions } from './options.ts';
import { strikeAfter, type Pair } from './side.ts';

export interface TickloopRun {
  readonly name: string;
  /** Folder for the store and the exported rows. */
  readonly folder: string;
  /** Kills the worker after so many calls; the command starts another one. */
  readonly killAfter?: number;
}

/** What a row of the dataset has of its origin. */
interface ExportedRow {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly gen_input_configs: { readonly pre_query_template: string };
}

/** Makes rows by the command line, as its README has it. @returns them and the text that a query began with */
export async function runTickloopMagpie(
  proxy: CountingProxy,
  { rows, batch, maxTokens, model }: BenchOptions,
  { name, folder, killAfter }: TickloopRun,
): Promise<{ readonly pairs: readonly Pair[]; readonly preQuery: string }> {
  const settings = {
    'policy.baseUrl': proxy.url,
    'policy.modelPath': model,
    'store.root': join(folder, 'store'),
    numRows: rows,
    'queries.cells': '[{ temperature: 1 }]',
    'queries.samplesPerCall': batch,
    'queries.callsPerBatch': 1,
    'queries.maxTokens': maxTokens,
    'replies.maxTokens': maxTokens,
    // distilabel has one temperature for both.
    'replies.temperature': 1,
    'replies.repetitionPenalty': 1,
  };
  const sets = Object.entries(settings).flatMap(([field, value]) => ['--set', `${field}=${value}`]);
  const stopWaiting = killAfter === undefined ? undefined : strikeAfter(proxy, killAfter, killWorker);
  await succeed(['run', 'configs/magpie.yaml', '--name', name, '--keep-stack', ...sets]);
  stopWaiting?.();

  const to = join(folder, name);
  await succeed(['export', name, '--format', 'jsonl', '--to', to]);
  const exported = readFileSync(join(to, 'train.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ExportedRow);
  const content = ({ messages }: ExportedRow, role: string) => messages.find((one) => one.role === role)?.content ?? '';
  return {
    pairs: exported.map((row) => ({ query: content(row, 'user'), reply: content(row, 'assistant') })),
    preQuery: exported[0]?.gen_input_configs.pre_query_template ?? '',
  };
}

function killWorker(): void {
  const { pid } = JSON.parse(readFileSync('.tickloop/stack/worker.json', 'utf8')) as { pid: number };
  process.kill(pid, 'SIGKILL');
}

async function succeed(command: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await runTickloop(command);
  if (code !== 0) throw new Error(`tickloop ${command.join(' ')} ended with ${code}: ${stdout.slice(-1000)}${stderr}`);
}

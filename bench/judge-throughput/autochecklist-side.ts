import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BenchMode, BenchOptions } from './options.ts';
import type { Judged } from './side.ts';
import type { AnswerRow } from './tickloop-side.ts';

/** What the script prints last. */
interface ScriptResult {
  readonly seconds: number;
  readonly judgedItems: number;
  readonly failedRows: number;
  readonly failedItems: number;
  readonly errors: Readonly<Record<string, number>>;
}

/** Judges the same answers by autochecklist in the same mode; it makes a verdict of whatever it could parse. */
export async function judgeWithAutochecklist(
  python: string,
  folder: string,
  mode: BenchMode,
  rows: readonly AnswerRow[],
  { url, model, maxTokens }: BenchOptions,
): Promise<Judged> {
  const file = join(folder, 'rows.jsonl');
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const script = fileURLToPath(new URL('judge_with_autochecklist.py', import.meta.url));
  // A whole list takes as many tokens as its items, as on our side; its scorer has one limit for all lists.
  const longestList = Math.max(1, ...rows.map(({ questions }) => questions.length));
  const limit = mode === 'item' ? maxTokens : longestList * maxTokens;
  const theirMode = mode === 'item' ? 'item' : 'batch';
  const flags = ['--rows', file, '--base-url', `${url}/v1`, '--model', model, '--mode', theirMode];
  const { stdout } = await promisify(execFile)(python, [script, ...flags, '--max-tokens', String(limit)], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as ScriptResult;
  if (result.failedRows > 0) {
    console.log(`autochecklist: ${result.failedRows} of ${rows.length} rows raised ${JSON.stringify(result.errors)}`);
  }
  return { seconds: result.seconds, items: result.judgedItems, decided: result.judgedItems, lost: result.failedItems };
}

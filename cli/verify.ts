import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { ifevalResponse, ifevalRow } from '../configs/schema/ifeval-row.ts';
import { DataError } from '../domain/errors.ts';
import type { IfevalRow } from '../domain/ifeval/ifeval-kind.ts';
import { judgeIfeval, scoreIfeval, type IfevalScore, type Share } from '../domain/ifeval/ifeval-score.ts';
import type { Output } from './output.ts';

/** What `tickloop verify` is given. */
export interface VerifyOptions {
  /** Path of IFEval's rows. */
  readonly prompts: string;
  /** Path of the responses: `{"prompt", "response"}` a line. */
  readonly responses: string;
  /** Score the rows that have a response, and name the others. */
  readonly partial: boolean;
}

const NAMED = 5;

/** Scores responses to IFEval's prompts; returns the exit code. @throws DataError that names file, line and field */
export async function verify({ prompts, responses, partial }: VerifyOptions, output: Output): Promise<number> {
  const rows = await readRows(prompts);
  const answers = await readResponses(responses, new Set(rows.map(({ prompt }) => prompt)), prompts);
  const missing = rows.filter(({ prompt }) => !answers.has(prompt)).map(({ key }) => key);
  if (missing.length > 0 && !partial)
    throw new DataError(
      'data/invalid-row',
      `${responses}: ${missing.length} of ${rows.length} prompts have no response: keys ${nameSome(missing)}; add them, or give --partial to score the others`,
    );
  const judged = rows.flatMap((row) => {
    const response = answers.get(row.prompt);
    return response === undefined ? [] : [judgeIfeval(row, response)];
  });
  const score = scoreIfeval(judged);
  printScore(score, output);
  output.line(`rows scored      ${judged.length} of ${rows.length}`);
  if (missing.length > 0) output.line(`no response      ${missing.length}: keys ${nameSome(missing)}`);
  output.object({
    prompt_strict: score.promptStrict,
    instruction_strict: score.instructionStrict,
    prompt_loose: score.promptLoose,
    instruction_loose: score.instructionLoose,
    rows: { total: rows.length, scored: judged.length, missing: missing.length, missing_keys: missing },
    kinds: score.kinds,
  });
  return 0;
}

function printScore(score: IfevalScore, output: Output): void {
  output.line(`prompt strict       ${formatShare(score.promptStrict)}`);
  output.line(`instruction strict  ${formatShare(score.instructionStrict)}`);
  output.line(`prompt loose        ${formatShare(score.promptLoose)}`);
  output.line(`instruction loose   ${formatShare(score.instructionLoose)}`);
  const width = Math.max(0, ...Object.keys(score.kinds).map((id) => id.length));
  for (const [id, { strict, loose }] of Object.entries(score.kinds))
    output.line(`  ${id.padEnd(width)}  strict ${formatShare(strict)}  loose ${formatShare(loose)}`);
}

function formatShare({ passed, total, rate }: Share): string {
  return rate === null ? `none of ${total}` : `${(100 * rate).toFixed(1)}% (${passed}/${total})`;
}

function nameSome(keys: readonly number[]): string {
  return keys.slice(0, NAMED).join(', ') + (keys.length > NAMED ? ` and ${keys.length - NAMED} more` : '');
}

async function readRows(path: string): Promise<readonly IfevalRow[]> {
  const keys = new Map<number, number>();
  const prompts = new Map<string, number>();
  return (await readLines(path, ifevalRow)).map(({ value, line }) => {
    refuseSecond(keys, value.key, line, `${path}:${line}: key ${value.key}`);
    refuseSecond(prompts, value.prompt, line, `${path}:${line}: the prompt`);
    return value;
  });
}

async function readResponses(
  path: string,
  known: ReadonlySet<string>,
  promptsPath: string,
): Promise<ReadonlyMap<string, string>> {
  const lines = new Map<string, number>();
  const responses = new Map<string, string>();
  for (const { value, line } of await readLines(path, ifevalResponse)) {
    if (!known.has(value.prompt))
      throw new DataError(
        'data/invalid-row',
        `${path}:${line}: prompt: no row of ${promptsPath} has the prompt ${JSON.stringify(value.prompt.slice(0, 80))}; take the line out or fix its text`,
      );
    refuseSecond(lines, value.prompt, line, `${path}:${line}: the prompt`);
    responses.set(value.prompt, value.response);
  }
  return responses;
}

function refuseSecond<Key>(lines: Map<Key, number>, key: Key, line: number, what: string): void {
  const earlier = lines.get(key);
  if (earlier !== undefined)
    throw new DataError('data/duplicate-prompt', `${what} is that of line ${earlier} too; keep one of the two lines`);
  lines.set(key, line);
}

/** Reads a file of one JSON object a line. Blank lines are skipped. */
async function readLines<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<readonly { readonly value: z.output<Schema>; readonly line: number }[]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new DataError('data/unreadable', `${path} can’t be read: ${(cause as Error).message}`, { cause });
  });
  return text.split('\n').flatMap((json, index) => {
    const line = index + 1;
    return json.trim() === '' ? [] : [{ value: parseLine(json, schema, `${path}:${line}`), line }];
  });
}

function parseLine<Schema extends z.ZodType>(json: string, schema: Schema, where: string): z.output<Schema> {
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch (cause) {
    throw new DataError('data/invalid-row', `${where}: the line is not JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map(({ path, message }) => `${where}: ${path.join('.') || '(row)'}: ${message}`);
  throw new DataError('data/invalid-row', mistakes.join('\n'));
}

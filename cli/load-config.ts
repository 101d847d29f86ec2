import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { LineCounter, parse, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { runConfig, type RunConfig } from '../configs/schema/run-config.ts';
import { canonicalJson, type JsonValue } from '../domain/canonical-json.ts';
import { ConfigError } from '../domain/errors.ts';

/** A config with everything resolved, and the name that its file suggests for a run. */
export interface LoadedConfig {
  readonly config: RunConfig;
  /** sha256 (hex) of the resolved config. */
  readonly configHash: string;
  readonly defaultName: string;
}

/** One mistake in a config: where, what and in which field. */
interface ConfigMistake {
  readonly where: string;
  readonly field: string;
  readonly message: string;
}

/** Variables that stand in for the file's own addresses. */
const ENVIRONMENT: readonly (readonly [variable: string, field: string])[] = [
  ['TEMPORAL_ADDRESS', 'temporal.address'],
  ['TEMPORAL_NAMESPACE', 'temporal.namespace'],
  ['TICKLOOP_VLLM_URL', 'policy.baseUrl'],
  ['TICKLOOP_MODEL_PATH', 'policy.modelPath'],
];

/**
 * Reads a config file; environment variables and then `--set key=value` override its fields.
 *
 * @throws ConfigError `config/unreadable`; `config/invalid` with file, line and field of every mistake
 */
export async function loadConfig(
  path: string,
  sets: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): Promise<LoadedConfig> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigError(
      'config/unreadable',
      `The config file ${path} can't be read (${cause.code ?? cause.message}).`,
      { cause },
    );
  });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [syntax] = document.errors;
  if (syntax !== undefined) {
    throw new ConfigError(
      'config/invalid',
      `${path}:${syntax.linePos?.[0].line ?? 1}: not YAML: ${syntax.message.split('\n')[0]}`,
    );
  }
  const value: unknown = document.toJS() ?? {};
  const overridden = new Map<string, string>();
  for (const [variable, field] of ENVIRONMENT) {
    const given = env[variable];
    if (given && (field !== 'policy.modelPath' || hasCheckpoint(value)))
      override(value, field, given, variable, overridden);
  }
  for (const set of sets) {
    const at = set.indexOf('=');
    if (at < 1)
      throw new ConfigError(
        'config/invalid',
        `--set ${set}: write it as --set field=value, for example --set sampling.temperature=0.8`,
      );
    override(value, set.slice(0, at), parseSetValue(set, set.slice(at + 1)), `--set ${set}`, overridden);
  }
  const parsed = runConfig.safeParse(value);
  if (!parsed.success) {
    const mistakes = parsed.error.issues.flatMap((issue) => describe(path, document, lines, overridden, issue));
    const sentences = mistakes.map(({ where, field, message }) => `${where}: ${field}: ${message}`);
    // BOLT checks what its stages share once as its own and once as that of its rounds.
    throw new ConfigError('config/invalid', [...new Set(sentences)].join('\n'));
  }
  const config = parsed.data;
  return { config, configHash: hashConfig(config), defaultName: basename(path).replace(/\.ya?ml$/i, '') };
}

/** Only loops that train, or that read a chat template, know a checkpoint. */
function hasCheckpoint(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'loop' in value &&
    (value.loop === 'online-dpo' || value.loop === 'bolt' || value.loop === 'magpie')
  );
}

function hashConfig(config: RunConfig): string {
  const json = JSON.parse(JSON.stringify(config)) as JsonValue;
  return createHash('sha256').update(canonicalJson(json)).digest('hex');
}

function parseSetValue(set: string, text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (cause) {
    const [reason = ''] = (cause as Error).message.split('\n');
    throw new ConfigError('config/invalid', `--set ${set}: the value is not YAML: ${reason}`, { cause });
  }
}

function override(root: unknown, field: string, value: unknown, source: string, overridden: Map<string, string>): void {
  // A file that holds no mapping has no fields; the schema says so.
  if (typeof root !== 'object' || root === null) return;
  const path = field.split('.');
  if (path.includes('__proto__')) throw new ConfigError('config/invalid', `${source}: no such field`);
  const last = path.pop() as string;
  let place = root as Record<string, unknown>;
  for (const name of path) {
    if (typeof place[name] !== 'object' || place[name] === null) place[name] = {};
    place = place[name] as Record<string, unknown>;
  }
  place[last] = value;
  overridden.set(field, source);
}

function describe(
  path: string,
  document: Document,
  lines: LineCounter,
  overridden: ReadonlyMap<string, string>,
  issue: z.core.$ZodIssue,
): readonly ConfigMistake[] {
  const base = issue.path.map(String);
  const fields = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...base, key]) : [base];
  return fields.map((field) => ({
    where: sourceOf(document, overridden, field) ?? `${path}:${lineOf(document, lines, field)}`,
    field: field.join('.') || '(file)',
    message: issue.code === 'unrecognized_keys' ? 'no such field' : issue.message,
  }));
}

/** The override that set the field, or that brought it into being by setting a field below it. */
function sourceOf(
  document: Document,
  overridden: ReadonlyMap<string, string>,
  field: readonly string[],
): string | undefined {
  const name = field.join('.');
  const exact = overridden.get(name);
  if (exact !== undefined || name === '' || document.getIn(field) !== undefined) return exact;
  return [...overridden].find(([other]) => other.startsWith(`${name}.`))?.[1];
}

/** Line of the field, or of the nearest thing around it that is written in the file. */
function lineOf(document: Document, lines: LineCounter, field: readonly string[]): number {
  for (let depth = field.length; depth > 0; depth -= 1) {
    const node = document.getIn(field.slice(0, depth), true) as { readonly range?: readonly number[] } | undefined;
    const offset = node?.range?.[0];
    if (offset !== undefined) return lines.linePos(offset).line;
  }
  return 1;
}

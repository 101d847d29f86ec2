import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { MagpieConfig } from '../configs/schema/magpie.ts';
import { ConfigError } from '../domain/errors.ts';

/** A system prompt under which queries are drawn. */
export interface SteeringPrompt {
  readonly key: string;
  /** `null` draws without one. */
  readonly system: string | null;
  readonly weight: number;
}

/** The system prompts of a run of Magpie. */
export interface SystemPrompts {
  /** By key. */
  readonly steering: readonly SteeringPrompt[];
  /** For later user turns; `null` where there are none, or none is asked for. */
  readonly laterTurns: string | null;
}

/** Reads the files of system prompts that a config names. @throws ConfigError `config/unusable` */
export async function readSystemPrompts({ steering, turns }: MagpieConfig): Promise<SystemPrompts> {
  const named = Object.entries(steering).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const asksLater = turns.count > 1 && turns.systemPrompt !== null;
  return {
    steering: await Promise.all(
      named.map(async ([key, { prompt, weight }]) => ({
        key,
        system: prompt === null ? null : await readPrompt(prompt, `steering.${key}.prompt`),
        weight,
      })),
    ),
    laterTurns: asksLater ? await readPrompt(turns.systemPrompt!, 'turns.systemPrompt') : null,
  };
}

async function readPrompt(path: string, field: string): Promise<string> {
  const text = await readFile(resolve(path), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigError(
      'config/unusable',
      `${field}: the file ${resolve(path)} can't be read (${cause.code ?? cause.message}).`,
      { cause },
    );
  });
  if (text.trim() !== '') return text.trim();
  throw new ConfigError(
    'config/unusable',
    `${field}: the file ${resolve(path)} is empty, and an empty system prompt is not the template's own: write one, or use null.`,
  );
}

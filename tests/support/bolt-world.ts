import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { boltConfig, type BoltConfig } from '../../configs/schema/bolt-loop.ts';

const TOPICS = ['logic', 'writing'] as const;
const NO_COMMA = { question: 'Is the answer free of commas?', verifier: { kind: 'no_comma', args: {} } } as const;

/** A query of its own words, so that no two are near duplicates. */
export function makeQuery(index: number, changes: object = {}): object {
  const content = `Tell topic-${index} alpha${index} beta${index} gamma${index} delta${index} epsilon${index}`;
  return {
    promptId: `q-${index}`,
    messages: [{ role: 'user', content }],
    checklist: [NO_COMMA],
    topic: TOPICS[index % 2],
    ...changes,
  };
}

/** Writes JSONL below a folder; returns its path. */
export async function writeRows(folder: string, name: string, rows: readonly object[]): Promise<string> {
  const path = join(folder, `${name}.jsonl`);
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

/** Thoughts long enough for the rules of `makeBoltConfig`, and a solution. */
export function respondWith(solution: string): string {
  return `<think>\nWhat is asked for here is talk and so I plan the talk and check it again.\n</think>\n\n${solution}`;
}

/** A config over files that are written below a folder: queries, two held-out prompts and a checkpoint. */
export async function makeBoltConfig(
  folder: string,
  baseUrl: string,
  queries: readonly object[],
  changes: Partial<z.input<typeof boltConfig>> = {},
): Promise<BoltConfig> {
  await mkdir(join(folder, 'model'), { recursive: true });
  await writeFile(join(folder, 'model', 'config.json'), '{}');
  const heldOut = [0, 1].map((index) => ({
    promptId: `held-out-${index}`,
    messages: [{ role: 'user', content: `Speak of held-out-${index} zeta${index} eta${index} theta${index}` }],
    checklist: [NO_COMMA],
  }));
  return boltConfig.parse({
    loop: 'bolt',
    data: { heldOut: await writeRows(folder, 'held-out', heldOut) },
    policy: { baseUrl, model: 'scripted', modelPath: join(folder, 'model'), callsInFlight: 4 },
    store: { minFreeMb: 0 },
    shards: { rows: 2, inFlight: 2 },
    evaluation: { samplesPerPrompt: 2, samplesPerCall: 1 },
    curation: {
      queries: [await writeRows(folder, 'queries', queries)],
      labeller: { by: 'given' },
      minDifficulty: 0,
    },
    bootstrap: {
      examples: fileURLToPath(new URL('../../configs/data/bolt-examples', import.meta.url)),
      shown: 1,
      sampling: { samplesPerPrompt: 4, samplesPerCall: 2, maxTokens: 64 },
      attempts: 2,
      format: { thoughtTokens: { min: 4, max: 60 }, solutionTokens: { min: 1, max: 60 } },
      minYield: 0.1,
      minSamples: 8,
    },
    ...changes,
  });
}

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import type { ArtifactStore } from '../../clients/artifact-store.ts';
import { createChatRenderer } from '../../clients/chat-template.ts';
import { magpieConfig, type MagpieConfig } from '../../configs/schema/magpie.ts';
import { synthesisShardName } from '../../domain/artifact-names.ts';
import type { ChatMessage } from '../../domain/prompt.ts';
import type { RunRef } from '../../domain/run.ts';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import type { DeterministicModelOptions } from './deterministic-model.ts';
import type { RecordedRequest, ScriptedReply } from './scripted-model-server.ts';

const TEMPLATE = new URL('../fixtures/chat-templates/smollm2.jinja', import.meta.url);
const SPECIAL_TOKENS = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];

/** What the scripted model writes after the template's beginning, by seed: good queries, and one of each kind of bad one. */
export function queryOfSeed(seed: number): string {
  const words = ['a', 'b', 'c', 'd'].map((letter) => `word${seed}${letter}`).join(' ');
  switch (seed % 16) {
    case 3:
      return '';
    case 5:
      return `Here ${words} runs on CUT`;
    case 7:
      return `Can you plan ${words} for me:`;
    case 9:
      return 'Please summarise the following article.';
    case 11:
      return `Sure! Here you are, ${words}.`;
    case 13:
      return 'What is the capital of the country with copies?';
    default:
      return `Can you tell me what ${words} means?`;
  }
}

/** A model that writes queries after the beginning of a user's turn, and answers chats. */
export const MAGPIE_MODEL: DeterministicModelOptions = {
  model: 'scripted',
  answer: (prompt, seed) =>
    prompt.endsWith('<|im_start|>user\n') ? queryOfSeed(seed) : `It means reply${seed} of ${prompt.length} characters.`,
  finishReason: (answer) => (answer.endsWith('CUT') ? 'length' : answer.endsWith('LOOP') ? 'repetition' : 'stop'),
};

/** Tokenizes chats by the template, as the server of that checkpoint does: the words of the rendered text. */
export async function tokenizeByTemplate(): Promise<(request: RecordedRequest) => ScriptedReply | undefined> {
  const render = createChatRenderer(await readFile(TEMPLATE, 'utf8'), {});
  const pieces = (text: string) => text.match(/<\|\w+\|>|[^<\s]+|\s/g) ?? [];
  const idOf = (piece: string) =>
    Array.from(piece).reduce((hash, char) => (hash * 31 + (char.codePointAt(0) ?? 0)) % 99991, 7);
  return ({ path, body }) => {
    if (path !== '/tokenize') return undefined;
    const { messages, prompt } = body as { messages?: readonly ChatMessage[]; prompt?: string };
    const tokens = pieces(messages === undefined ? (prompt ?? '') : render(messages, true)).map(idOf);
    return { body: { count: tokens.length, max_model_len: 2048, tokens } };
  };
}

/** Writes the files of a checkpoint that say how conversations are written. */
export async function writeCheckpoint(folder: string): Promise<string> {
  const path = join(folder, 'model');
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'chat_template.jinja'), await readFile(TEMPLATE));
  const tokens = { bos_token: '<|im_start|>', eos_token: { content: '<|im_end|>' } };
  await writeFile(join(path, 'tokenizer_config.json'), JSON.stringify(tokens));
  const added = SPECIAL_TOKENS.map((content, id) => ({ id, content, special: true }));
  await writeFile(join(path, 'tokenizer.json'), JSON.stringify({ added_tokens: added }));
  await writeFile(join(path, 'generation_config.json'), JSON.stringify({ eos_token_id: 2 }));
  return path;
}

/** A config over a scripted server and a checkpoint; 32 queries a batch. */
export function makeMagpieConfig(
  baseUrl: string,
  modelPath: string,
  changes: Partial<z.input<typeof magpieConfig>> = {},
): MagpieConfig {
  return magpieConfig.parse({
    loop: 'magpie',
    policy: { baseUrl, model: 'scripted', modelPath, callsInFlight: 4 },
    numRows: 40,
    queries: { preset: 'llama-3', maxTokens: 64, callsPerBatch: 2, samplesPerCall: 16 },
    replies: { maxTokens: 64 },
    shards: { inFlight: 2 },
    store: { minFreeMb: 0 },
    ...changes,
  });
}

/** Passes the screened rows of a batch on as compared ones. */
export async function passOnScreened(store: ArtifactStore, run: RunRef, batch: number): Promise<void> {
  const screened = await store.find(synthesisShardName(run.runName, 'screened', batch));
  if (screened === undefined) throw new Error('the batch was not screened');
  await store.write({
    name: synthesisShardName(run.runName, 'compared', batch),
    schema: 'synthesis-row',
    step: 'compare',
    parents: [],
    configHash: run.configHash,
    policy: null,
    shards: [await store.read<SynthesisRow>(screened)],
    summary: {},
  });
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Template } from '@huggingface/jinja';
import { z } from 'zod';
import { ConfigError } from '../domain/errors.ts';
import type { RenderChat } from '../domain/synthesis/chat-frame.ts';
import type { SpecialToken } from '../domain/synthesis/stop-rules.ts';

/** How a checkpoint's tokenizer writes conversations. */
export interface CheckpointTemplate {
  /** Source, with LF line ends. */
  readonly text: string;
  readonly render: RenderChat;
  readonly bosToken: string | null;
  /** `bos_token`, `eos_token` and the like. */
  readonly namedTokens: readonly string[];
  readonly specialTokens: readonly SpecialToken[];
  readonly endIds: readonly number[];
}

const token = z.union([z.string(), z.object({ content: z.string() })]).nullish();

const tokenizerConfig = z.object({
  chat_template: z.union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))]).nullish(),
  bos_token: token,
  eos_token: token,
  pad_token: token,
  unk_token: token,
});

const tokenizerFile = z.object({
  added_tokens: z.array(z.object({ id: z.int(), content: z.string(), special: z.boolean().nullish() })).nullish(),
});

const generationConfig = z.object({ eos_token_id: z.union([z.int(), z.array(z.int())]).nullish() });

/** The special tokens that templates may name. */
export type NamedTokens = Readonly<Partial<Record<'bos_token' | 'eos_token' | 'pad_token' | 'unk_token', string>>>;

/**
 * Makes the function that renders a template as transformers does.
 *
 * @throws ConfigError `config/unusable` when the text is no template
 */
export function createChatRenderer(text: string, tokens: NamedTokens): RenderChat {
  let template: Template;
  try {
    template = new Template(withUnixLines(text));
  } catch (cause) {
    throw new ConfigError(
      'config/unusable',
      `The chat template of policy.modelPath cannot be read (${messageOf(cause)}): correct chat_template.jinja.`,
      { cause },
    );
  }
  return (messages, addGenerationPrompt) =>
    template.render({
      ...tokens,
      messages: messages.map(({ role, content }) => ({ role, content })),
      add_generation_prompt: addGenerationPrompt,
    });
}

/**
 * Reads the chat template of a checkpoint: `chat_template.jinja`, `chat_template.json` or `tokenizer_config.json`, whichever
 * is there first, and the special tokens beside it.
 *
 * @throws ConfigError `config/unusable`
 */
export async function readChatTemplate(folder: string): Promise<CheckpointTemplate> {
  const config = (await readJsonFile(folder, 'tokenizer_config.json', tokenizerConfig)) ?? {};
  const text = withUnixLines(
    (await readText(folder, 'chat_template.jinja')) ??
      textOf((await readJsonFile(folder, 'chat_template.json', tokenizerConfig))?.chat_template) ??
      textOf(config.chat_template) ??
      refuseFolder(folder),
  );
  const tokens = namedTokensOf(config);
  const tokenizer = await readJsonFile(folder, 'tokenizer.json', tokenizerFile);
  const generation = await readJsonFile(folder, 'generation_config.json', generationConfig);
  return {
    text,
    render: createChatRenderer(text, tokens),
    bosToken: tokens.bos_token ?? null,
    namedTokens: Object.values(tokens),
    specialTokens: (tokenizer?.added_tokens ?? []).flatMap(({ id, content, special }) =>
      special === false ? [] : [{ id, content }],
    ),
    endIds: [generation?.eos_token_id ?? []].flat(),
  };
}

function refuseFolder(folder: string): never {
  throw new ConfigError(
    'config/unusable',
    `policy.modelPath (${folder}) has no chat template: neither chat_template.jinja nor chat_template in chat_template.json or tokenizer_config.json. Name the folder of the checkpoint that policy.baseUrl serves.`,
  );
}

/** A list has templates by name, of which conversations use `default`. */
function textOf(template: z.infer<typeof tokenizerConfig>['chat_template']): string | undefined {
  if (!Array.isArray(template)) return template ?? undefined;
  return template.find(({ name }) => name === 'default')?.template;
}

function namedTokensOf(config: z.infer<typeof tokenizerConfig>): NamedTokens {
  const names = ['bos_token', 'eos_token', 'pad_token', 'unk_token'] as const;
  const found = names.flatMap((name) => {
    const value = config[name];
    if (value === null || value === undefined) return [];
    return [[name, typeof value === 'string' ? value : value.content] as const];
  });
  return Object.fromEntries(found) as NamedTokens;
}

/** A template with CRLF would write carriage returns that transformers leaves out. */
function withUnixLines(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

async function readText(folder: string, name: string): Promise<string | undefined> {
  return readFile(join(folder, name), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
    throw new ConfigError('config/unusable', `${join(folder, name)} can't be read (${cause.code ?? cause.message}).`, {
      cause,
    });
  });
}

async function readJsonFile<Schema extends z.ZodType>(
  folder: string,
  name: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const text = await readText(folder, name);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ConfigError(
      'config/unusable',
      `${join(folder, name)} is not what a tokenizer writes (${messageOf(cause)}): check policy.modelPath.`,
      { cause },
    );
  }
}

function messageOf(error: unknown): string {
  const text = error instanceof z.ZodError ? (error.issues[0]?.message ?? '') : (error as Error).message;
  return text.split('\n')[0] ?? '';
}

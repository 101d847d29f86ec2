// Locks that the text before a user's words, after them, and between the turns is what transformers renders, for every
// family of templates that the specification names. rendered.json is transformers' own output.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createChatRenderer, type NamedTokens } from '../../clients/chat-template.ts';
import { ConfigError } from '../../domain/errors.ts';
import { deriveChatFrame, promptForQuery, promptForReply, requireOneBos } from '../../domain/synthesis/chat-frame.ts';
import { deriveStopRules } from '../../domain/synthesis/stop-rules.ts';

type Case = 'one query' | 'system' | 'second query' | 'second query, system';

const FOLDER = new URL('../fixtures/chat-templates/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8');
const TOKENS = JSON.parse(read('templates.json')) as Readonly<Record<string, NamedTokens>>;
const RENDERED = JSON.parse(read('rendered.json')) as Readonly<Record<string, Readonly<Record<Case, string | null>>>>;
const NAMES = Object.keys(TOKENS);

const SYSTEM = 'You only speak of numbers.';
const QUERY = 'What is 2 + 2?';
const TURN = { query: QUERY, reply: 'It is 4.' };
const NEXT = 'And 3 + 3?';

const renderer = (name: string) => createChatRenderer(read(`${name}.jinja`), TOKENS[name] ?? {});
const rendered = (name: string, what: Case): string | null => RENDERED[name]?.[what] ?? null;
const takesSystem = (name: string) => rendered(name, 'system')?.includes(SYSTEM) ?? false;

describe('the frame of a chat template', () => {
  it('is tested on every template of the folder', () => {
    expect(NAMES.length).toBeGreaterThanOrEqual(20);
    expect(Object.keys(RENDERED)).toEqual(NAMES);
  });

  it.each(NAMES)('%s: makes the prompts that transformers makes', (name) => {
    const frame = deriveChatFrame(renderer(name), null);
    expect(promptForReply(frame, [], QUERY)).toBe(rendered(name, 'one query'));
    expect(promptForReply(frame, [TURN], NEXT)).toBe(rendered(name, 'second query'));
    expect(promptForReply(frame, [TURN], NEXT).startsWith(promptForQuery(frame, [TURN]) + NEXT)).toBe(true);
  });

  it.each(NAMES.filter(takesSystem))('%s: renders a system prompt before the query', (name) => {
    const frame = deriveChatFrame(renderer(name), SYSTEM);
    expect(promptForReply(frame, [], QUERY)).toBe(rendered(name, 'system'));
    if ('impossible' in frame.continuation) {
      expect(() => promptForQuery(frame, [TURN])).toThrow(ConfigError);
      return;
    }
    expect(promptForReply(frame, [TURN], NEXT)).toBe(rendered(name, 'second query, system'));
  });

  it.each(NAMES.filter((name) => !takesSystem(name)))(
    '%s: refuses a system prompt, which it has no place for',
    (name) => {
      expect(() => deriveChatFrame(renderer(name), SYSTEM)).toThrow(/system message/);
    },
  );

  it('knows which families have no system role', () => {
    expect(NAMES.filter((name) => !takesSystem(name))).toEqual(['gemma-1.1', 'gemma-2', 'mistral-v0.1', 'olmo']);
  });

  it('keeps the default system block and the trailing newline', () => {
    expect(deriveChatFrame(renderer('smollm2'), null)).toEqual({
      preQuery:
        '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n<|im_start|>user\n',
      postQuery: '<|im_end|>\n<|im_start|>assistant\n',
      continuation: {
        answering: '<|im_end|>\n<|im_start|>assistant\n',
        reopening: '<|im_end|>\n<|im_start|>user\n',
      },
    });
    expect(deriveChatFrame(renderer('llama-3'), null).preQuery).toBe(
      '<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n',
    );
  });

  it('goes on with later turns without a second beginning of text', () => {
    for (const name of ['llama-3', 'gemma-2', 'mistral-v0.1', 'deepseek-coder-v2']) {
      const frame = deriveChatFrame(renderer(name), null);
      const bos = TOKENS[name]?.bos_token ?? '';
      expect(promptForQuery(frame, [TURN]).split(bos)).toHaveLength(2);
    }
  });

  it('refuses a template that begins with two beginnings of text', () => {
    const doubled = createChatRenderer(`{{ bos_token }}${read('llama-3.jinja')}`, TOKENS['llama-3'] ?? {});
    const frame = deriveChatFrame(doubled, null);
    expect(() => requireOneBos(frame, '<|begin_of_text|>')).toThrow('begins with "<|begin_of_text|>" twice');
    expect(() => requireOneBos(deriveChatFrame(renderer('smollm2'), null), '<|im_start|>')).not.toThrow();
  });

  it('refuses a template that leaves out or repeats what a user says, and one that is no template', () => {
    expect(() => deriveChatFrame(createChatRenderer('nothing', {}), null)).toThrow(/does not write/);
    const twice = '{% for m in messages %}{{ m.content }}{{ m.content }}{% endfor %}';
    expect(() => deriveChatFrame(createChatRenderer(twice, {}), null)).toThrow(/more than once/);
    expect(() => createChatRenderer('{% if %}', {})).toThrow(ConfigError);
  });

  it('says why a conversation cannot go on', () => {
    const single =
      "{% if messages | length > 1 %}{{ raise_exception('one turn only') }}{% endif %}<{{ messages[0].content }}>";
    const frame = deriveChatFrame(createChatRenderer(single, {}), null);
    expect(frame.preQuery).toBe('<');
    expect(() => promptForQuery(frame, [TURN])).toThrow(/one turn only.*turns.count/);
  });

  it('reads a template with CRLF line ends as one with LF', () => {
    const crlf = createChatRenderer(read('smollm2.jinja').replaceAll('\n', '\r\n'), {});
    expect(deriveChatFrame(crlf, null)).toEqual(deriveChatFrame(renderer('smollm2'), null));
  });
});

describe('stop rules', () => {
  const rulesOf = (name: string, specials: readonly string[], stopAtNewline = false) =>
    deriveStopRules({
      frame: deriveChatFrame(renderer(name), null),
      template: read(`${name}.jinja`),
      specialTokens: specials.map((content, id) => ({ id, content })),
      endIds: [7],
      namedTokens: Object.values(TOKENS[name] ?? {}),
      stopAtNewline,
    });

  it('are the special tokens of the template and the ends of a sequence, never a role word', () => {
    expect(rulesOf('smollm2', ['<|endoftext|>', '<|im_start|>', '<|im_end|>', '<repo_name>'], true)).toEqual({
      tokenIds: [1, 2, 7],
      texts: ['\n'],
    });
  });

  it('are plain texts where a template marks turns without special tokens', () => {
    expect(rulesOf('vicuna-1.5', ['<s>', '</s>']).texts).toEqual(['ASSISTANT:', 'USER:']);
    expect(rulesOf('mistral-v0.1', ['<s>', '</s>']).texts).toEqual(['[/INST]', '[INST]']);
    expect(rulesOf('zephyr', ['<s>', '</s>']).texts).toEqual(['<|assistant|>', '<|user|>']);
    expect(rulesOf('deepseek-coder-v2', ['<｜begin▁of▁sentence｜>', '<｜end▁of▁sentence｜>']).texts).toEqual([
      'Assistant:',
      'User:',
    ]);
  });
});

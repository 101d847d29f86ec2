import { parseArgs } from 'node:util';

/** How both sides judge. */
export type BenchMode = 'item' | 'list';

/** What the command line says. */
export interface BenchOptions {
  /** Python that has autochecklist; `undefined` measures tickloop alone. */
  readonly python: string | undefined;
  readonly url: string;
  readonly model: string;
  /** JSONL file of prompts with checklists. */
  readonly prompts: string;
  /** Prompts, all of one shard, and answers to each of them. */
  readonly rows: number;
  readonly answers: number;
  /** Measured one after the other, on the same answers. */
  readonly modes: readonly BenchMode[];
  /** Longest judgement of an item and longest answer, tokens. */
  readonly maxTokens: number;
  readonly answerTokens: number;
  /** Judge calls in the air, on tickloop's side: autochecklist makes one at a time. */
  readonly callsInFlight: number;
  /** Most questions in one call of mode list, on tickloop's side. */
  readonly listItems: number;
  readonly verdict: 'line' | 'two-step';
}

const MODES: Readonly<Record<string, readonly BenchMode[]>> = {
  item: ['item'],
  list: ['list'],
  both: ['item', 'list'],
};

/** Reads the command line. @throws Error with the option that is wrong */
export function readOptions(): BenchOptions {
  const { values } = parseArgs({
    options: {
      python: { type: 'string' },
      url: { type: 'string', default: 'http://127.0.0.1:8011' },
      model: { type: 'string', default: 'smollm2-135m-instruct' },
      prompts: { type: 'string', default: 'configs/data/infobench-prompts.jsonl' },
      rows: { type: 'string', default: '16' },
      answers: { type: 'string', default: '2' },
      mode: { type: 'string', default: 'both' },
      'max-tokens': { type: 'string', default: '96' },
      'answer-tokens': { type: 'string', default: '128' },
      'calls-in-flight': { type: 'string', default: '64' },
      'list-items': { type: 'string', default: '16' },
      verdict: { type: 'string', default: 'line' },
    },
  });
  const count = (
    name: 'rows' | 'answers' | 'max-tokens' | 'answer-tokens' | 'calls-in-flight' | 'list-items',
    [least, most]: readonly [number, number],
  ) => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new Error(`--${name} is a whole number from ${least} to ${most}, got ${values[name]}`);
    }
    return value;
  };
  const modes = MODES[values.mode];
  if (modes === undefined) throw new Error(`--mode is item, list or both, got ${values.mode}`);
  const { verdict } = values;
  if (verdict !== 'line' && verdict !== 'two-step') throw new Error(`--verdict is line or two-step, got ${verdict}`);
  return {
    python: values.python,
    url: values.url,
    model: values.model,
    prompts: values.prompts,
    rows: count('rows', [1, 256]),
    answers: count('answers', [2, 64]),
    modes,
    maxTokens: count('max-tokens', [4, 32_768]),
    answerTokens: count('answer-tokens', [1, 32_768]),
    callsInFlight: count('calls-in-flight', [1, 1024]),
    listItems: count('list-items', [1, 16]),
    verdict,
  };
}

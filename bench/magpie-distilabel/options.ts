import { parseArgs } from 'node:util';

/** What the command line says. */
export interface BenchOptions {
  /** Python that has distilabel; `undefined` measures tickloop alone. */
  readonly python: string | undefined;
  readonly url: string;
  /** Folder of the served checkpoint: its chat template and tokenizer. */
  readonly model: string;
  /** Rows asked of either side. */
  readonly rows: number;
  /** Longest query and longest reply, tokens: distilabel has one limit for both. */
  readonly maxTokens: number;
  /** distilabel's rows a batch; as many queries are in one of our calls. */
  readonly batch: number;
  /** What distilabel begins a query with: what tickloop derives from the template, or its own alias. */
  readonly preQuery: 'derived' | 'qwen2';
}

/** Reads the command line. @throws Error with the option that is wrong */
export function readOptions(): BenchOptions {
  const { values } = parseArgs({
    options: {
      python: { type: 'string' },
      url: { type: 'string', default: 'http://127.0.0.1:8011' },
      model: { type: 'string', default: '.tickloop/models/smollm2-135m-instruct' },
      rows: { type: 'string', default: '60' },
      batch: { type: 'string', default: '20' },
      'max-tokens': { type: 'string', default: '64' },
      'pre-query': { type: 'string', default: 'derived' },
    },
  });
  const count = (name: 'rows' | 'batch' | 'max-tokens', most: number) => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    throw new Error(`--${name} is a whole number from 1 to ${most}, got ${values[name]}`);
  };
  const preQuery = values['pre-query'];
  if (preQuery !== 'derived' && preQuery !== 'qwen2') {
    throw new Error(`--pre-query is derived or qwen2, got ${preQuery}`);
  }
  return {
    python: values.python,
    url: values.url,
    model: values.model,
    rows: count('rows', 100_000),
    batch: count('batch', 256),
    maxTokens: count('max-tokens', 4096),
    preQuery,
  };
}

import type { SanitiserFamily } from './sanitise-query.ts';

/** One way to draw queries, and how much of all is drawn so. */
export interface SamplingCell {
  readonly temperature: number;
  readonly topP: number;
  readonly minP: number;
  /** Relative to those of the other cells. */
  readonly share: number;
}

/** Settings of a published run. */
export interface QueryPreset {
  readonly cells: readonly SamplingCell[];
  readonly newlineStop: boolean;
  readonly sanitiser: SanitiserFamily | null;
  /** Temperature of the replies. */
  readonly replyTemperature: number;
  /** Whether queries that begin with a heading or in bold are dropped. */
  readonly rejectMarkdown: boolean;
}

const cell = (temperature: number, topP: number, share: number): SamplingCell => ({
  temperature,
  topP,
  minP: 0,
  share,
});
const single = (temperature: number, topP = 1): readonly SamplingCell[] => [cell(temperature, topP, 1)];
const plain = (cells: readonly SamplingCell[], changes: Partial<QueryPreset> = {}): QueryPreset => ({
  cells,
  newlineStop: true,
  sanitiser: null,
  replyTemperature: 0,
  rejectMarkdown: false,
  ...changes,
});
const free = (
  cells: readonly SamplingCell[],
  sanitiser: SanitiserFamily,
  changes: Partial<QueryPreset> = {},
): QueryPreset => plain(cells, { newlineStop: false, sanitiser, ...changes });
/** Llama-3.1: its mask of the first token is a rule of the screens here. */
const MASKED = { replyTemperature: 0.6, rejectMarkdown: true } as const;
const TOP_PS = [1, 0.995, 0.99] as const;

/**
 * Mixes of the released sets by name, and the settings of the repository by model. What they do to the logits of the first
 * token has no counterpart: a server applies `logit_bias` at every position, where it would ban headings for good.
 * `rejectMarkdown` drops queries that begin with one instead; the flattening of Qwen2.5-Math is left out.
 *
 * @source Magpie (arXiv 2406.08464) Table 7; magpie-align/magpie scripts and data_concatenation.ipynb
 */
export const QUERY_PRESETS = {
  air: plain([
    ...[1, 1.1, 1.2].flatMap((temperature) => TOP_PS.map((topP) => cell(temperature, topP, 300))),
    ...TOP_PS.map((topP) => cell(1.25, topP, 100)),
  ]),
  pro: plain([cell(1, 1, 300), cell(1.1, 0.995, 300), cell(1.2, 0.995, 300), cell(1.25, 0.99, 100)]),
  'qwen2-72b-mix': plain([cell(1, 1, 300), cell(1.1, 1, 400), cell(1.2, 0.99, 300)]),
  'phi-3-medium-mix': plain([cell(1, 1, 3), cell(1.1, 1, 3), cell(1.2, 0.99, 3), cell(1.25, 0.99, 1)]),
  'llama-3': plain(single(1)),
  'llama-3.1-8b': free(single(0.8), 'llama-3', MASKED),
  'llama-3.1-70b': free(single(0.9), 'llama-3', MASKED),
  'llama-3.3-70b': free(single(1), 'llama-3'),
  qwen2: plain(single(1)),
  'qwen2.5-small': plain(single(0.7)),
  'qwen2.5-large': plain(single(0.6)),
  'qwen2.5-coder-32b': plain(single(1)),
  'qwen2.5-math-72b': plain(single(0.6, 0.9), { replyTemperature: 0.6 }),
  'gemma-1.1': plain(single(1)),
  'gemma-2': free(single(1), 'gemma-2'),
  'phi-3': plain(single(1)),
  mistral: plain(single(1)),
  yi: plain(single(1)),
  vicuna: plain(single(1)),
  'llama-2': plain(single(1)),
  // Ours: hotter settings of this small model are mostly word salad.
  smollm2: plain(single(0.7)),
} as const satisfies Readonly<Record<string, QueryPreset>>;

export type QueryPresetName = keyof typeof QUERY_PRESETS;

/** What a config says of how queries are drawn: a preset, and what is to be otherwise. */
export interface QueryStyleChoice {
  readonly preset: QueryPresetName;
  readonly cells?: readonly SamplingCell[] | undefined;
  readonly newlineStop?: boolean | undefined;
  readonly sanitiser?: SanitiserFamily | 'none' | undefined;
}

/** The preset with the changes of a config. */
export function resolveQueryStyle({ preset, cells, newlineStop, sanitiser }: QueryStyleChoice): QueryPreset {
  const base: QueryPreset = QUERY_PRESETS[preset];
  return {
    ...base,
    cells: cells ?? base.cells,
    newlineStop: newlineStop ?? base.newlineStop,
    sanitiser: sanitiser === undefined ? base.sanitiser : sanitiser === 'none' ? null : sanitiser,
  };
}

/** What a config of Magpie says where its preset may say it otherwise. */
export interface PresetChoices {
  readonly queries: QueryStyleChoice;
  readonly replies: { readonly temperature?: number | undefined };
  readonly screening: { readonly rejectMarkdown?: boolean | undefined };
}

/** The temperature of replies, and whether Markdown is dropped: as the config says, else as its preset does. */
export function resolvePresetChoices({
  queries,
  replies,
  screening,
}: PresetChoices): Pick<QueryPreset, 'replyTemperature' | 'rejectMarkdown'> {
  const { replyTemperature, rejectMarkdown } = resolveQueryStyle(queries);
  return {
    replyTemperature: replies.temperature ?? replyTemperature,
    rejectMarkdown: screening.rejectMarkdown ?? rejectMarkdown,
  };
}

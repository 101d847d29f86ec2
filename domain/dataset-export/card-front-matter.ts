import { renderFeatures } from './card-features.ts';
import type { ColumnTypes } from './column-types.ts';

/** A part of an export that the hub shows as a config of its own. */
export interface CardConfig {
  readonly name: string;
  /** Pattern of its files, relative to the folder. */
  readonly files: string;
  readonly columns: ColumnTypes;
}

/** What the hub reads of a card. */
export interface FrontMatter {
  readonly title: string;
  /** As the hub names licences; `null` where nobody gave one. */
  readonly licence: string | null;
  /** ISO 639-1. */
  readonly languages: readonly string[];
  readonly tags: readonly string[];
  readonly configs: readonly CardConfig[];
  /** Rows of the largest config. */
  readonly rows: number;
}

const SIZES: readonly (readonly [below: number, name: string])[] = [
  [1e3, 'n<1K'],
  [1e4, '1K<n<10K'],
  [1e5, '10K<n<100K'],
  [1e6, '100K<n<1M'],
  [1e7, '1M<n<10M'],
  [1e8, '10M<n<100M'],
  [1e9, '100M<n<1B'],
];

/**
 * The YAML at the head of a card. Every text is quoted as JSON, which YAML reads alike.
 *
 * @source huggingface/hub-docs, datasetcard.md: `license`, `size_categories`, `configs` and `dataset_info`
 */
export function renderFrontMatter({ title, licence, languages, tags, configs, rows }: FrontMatter): string {
  const list = (field: string, values: readonly string[]) =>
    values.length === 0 ? [] : [`${field}:`, ...values.map((value) => `- ${JSON.stringify(value)}`)];
  return [
    '---',
    `pretty_name: ${JSON.stringify(title)}`,
    ...(licence === null ? [] : [`license: ${JSON.stringify(licence)}`]),
    ...list('language', languages),
    ...list('tags', tags),
    ...list('size_categories', [sizeCategory(rows)]),
    'configs:',
    ...configs.flatMap(({ name, files }, index) => [
      `- config_name: ${JSON.stringify(name)}`,
      ...(index === 0 ? ['  default: true'] : []),
      '  data_files:',
      '  - split: train',
      `    path: ${JSON.stringify(files)}`,
    ]),
    'dataset_info:',
    ...configs.flatMap(({ name, columns }) => [
      `- config_name: ${JSON.stringify(name)}`,
      '  features:',
      ...renderFeatures(columns, '  '),
    ]),
    '---',
  ].join('\n');
}

function sizeCategory(rows: number): string {
  return SIZES.find(([below]) => rows < below)?.[1] ?? '1B<n<10B';
}

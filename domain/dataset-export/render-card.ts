import type { Manifest } from '../artifact.ts';
import { formatNumber } from '../format-number.ts';
import type { DatasetSummary, Tally } from '../synthesis/dataset-summary.ts';
import { renderFrontMatter, type CardConfig } from './card-front-matter.ts';
import { escapeMarkdown, fenceMarkdown, markdownTable } from './markdown.ts';
import { publicModelName, publicSettings } from './public-facts.ts';

/** One config of the card: what was exported, and from what. */
export interface CardPart extends CardConfig {
  readonly rows: number;
  readonly manifests: readonly Manifest[];
}

/** All that a card says. */
export interface CardFacts {
  readonly runName: string;
  readonly licence: string | null;
  readonly languages: readonly string[];
  /** The first is what loads without a name. */
  readonly parts: readonly CardPart[];
  /** Of the dataset; `null` where it is not part of the export. */
  readonly summary: DatasetSummary | null;
}

const PARENTS_SHOWN = 10;

/** The README of a dataset folder: counts with their denominators, filters, models, licence and lineage. */
export function renderCard(facts: CardFacts): string {
  const { runName, licence, languages, parts, summary } = facts;
  const methods = Object.keys(summary?.methods ?? {});
  const front = renderFrontMatter({
    title: runName,
    licence,
    languages,
    tags: ['synthetic', 'tickloop', ...methods],
    configs: parts,
    rows: Math.max(...parts.map(({ rows }) => rows)),
  });
  const sections = [
    `# ${escapeMarkdown(runName)}`,
    `Made by run ${escapeMarkdown(runName)} of tickloop. The text was written by language models and was checked by programs and models alone.`,
    ...partsSection(parts),
    ...(summary === null ? [] : summarySections(summary)),
    ...licenceSection(licence),
    ...lineageSection(parts),
  ];
  return `${front}\n\n${sections.join('\n\n')}\n`;
}

function partsSection(parts: readonly CardPart[]): readonly string[] {
  const load = parts
    .map(({ name }, index) =>
      index === 0
        ? 'rows = load_dataset("<this folder>", split="train")'
        : `${name} = load_dataset("<this folder>", ${JSON.stringify(name)}, split="train")`,
    )
    .join('\n');
  return [
    '## What is here',
    markdownTable(
      ['config', 'rows', 'columns'],
      parts.map(({ name, rows, columns }) => [name, rows, [...columns.keys()].join(' ')]),
    ),
    fenceMarkdown(`from datasets import load_dataset\n\n${load}`, 'python'),
  ];
}

function summarySections(summary: DatasetSummary): readonly string[] {
  const {
    rows,
    asked,
    shortfall,
    mixShortfall,
    sampled,
    unused,
    duplicates,
    answered,
    shuffled,
    tokens,
    chars,
    drops,
  } = summary;
  // Datasets of earlier versions do not say it.
  const { cutReplies }: Partial<DatasetSummary> = summary;
  const share = (count: number) => `${formatNumber((100 * count) / sampled, 1)}%`;
  return [
    '## Counts',
    markdownTable(
      ['', 'count'],
      [
        ['rows', rows],
        ['rows asked for', asked],
        ['rows sampled', sampled],
        ['good rows beyond those asked for', unused],
        ['exact duplicates, dropped', duplicates],
        ['rows that end with a reply', answered],
        ['rows whose last reply is cut off by its length', cutReplies ?? 'not counted'],
        ['characters of user turns', chars.user],
        ['characters of replies', chars.assistant],
        ['tokens sent to models', tokens?.prompt ?? 'not counted'],
        ['tokens that models wrote', tokens?.completion ?? 'not counted'],
      ],
    ),
    ...(shortfall === null ? [] : [`There are fewer rows than were asked for: ${escapeMarkdown(shortfall)}.`]),
    // A dataset that was written before mixes were held against their shares does not say.
    ...(typeof mixShortfall === 'string' ? [escapeMarkdown(mixShortfall)] : []),
    shuffled ? 'The rows are shuffled by the seed of the run.' : 'The rows stand in the order in which they were made.',
    markdownTable(['user turns', 'rows'], Object.entries(summary.turns)),
    ...(summary.qualities === undefined
      ? []
      : [markdownTable(['quality of the answer', 'rows'], Object.entries(summary.qualities))]),
    '## Filters',
    drops.length === 0
      ? 'Nothing was dropped.'
      : markdownTable(
          ['dropped by', 'reason', 'rows', 'of those sampled'],
          drops.map((drop) => [drop.by, drop.reason, drop.rows, share(drop.rows)]),
        ),
    ...(summary.filters === null
      ? []
      : [fenceMarkdown(JSON.stringify(publicSettings(summary.filters), null, 2), 'json')]),
    '## Models',
    markdownTable(
      ['model', 'wrote or did', 'rows'],
      [
        ...models('queries', summary.models.query),
        ...models('replies', summary.models.reply),
        ...models('rewards', summary.models.reward),
      ],
    ),
  ];
}

function models(what: string, tally: Tally): readonly (readonly (string | number)[])[] {
  return Object.entries(tally).map(([name, rows]) => [publicModelName(name), what, rows]);
}

function licenceSection(licence: string | null): readonly string[] {
  return [
    '## Licence',
    licence === null
      ? 'None was given. The licences of the models above may say what their text can be used for.'
      : `${escapeMarkdown(licence)}. The licences of the models above may say what their text can be used for.`,
  ];
}

function lineageSection(parts: readonly CardPart[]): readonly string[] {
  const manifests = parts.flatMap((part) => part.manifests);
  const parents = manifests.flatMap((manifest) => manifest.parents);
  const configs = [...new Set(manifests.map(({ configHash }) => configHash))];
  return [
    '## Lineage',
    markdownTable(
      ['artifact', 'made by', 'rows', 'sha256'],
      manifests.map(({ name, step, rows, contentHash }) => [name, step, rows, contentHash]),
    ),
    ...(parents.length === 0
      ? []
      : [
          markdownTable(
            ['from', 'rows', 'sha256'],
            parents.slice(0, PARENTS_SHOWN).map(({ name, rows, contentHash }) => [name, rows, contentHash]),
          ),
          ...(parents.length > PARENTS_SHOWN
            ? [`and ${parents.length - PARENTS_SHOWN} more, which lineage.json lists.`]
            : []),
        ]),
    `sha256 of the resolved config: ${configs.join(', ')}`,
  ];
}

import type { UnparsedCause } from '../checklist.ts';
import type { FinishReason } from '../completion.ts';
import { fillTemplate } from '../fill-template.ts';
import { stripThoughts } from '../judging/strip-thoughts.ts';
import { findUnreadableReply, type LabelReply } from './label-reply.ts';

/** The seven properties of a hard request. @source BOLT (arXiv 2502.03860) §3.1.2, after Arena-Hard (arXiv 2406.11939) */
export const DIFFICULTY_CRITERIA = [
  'specificity',
  'domain-knowledge',
  'complexity',
  'problem-solving',
  'creativity',
  'technical-accuracy',
  'real-world',
] as const;

export type DifficultyCriterion = (typeof DIFFICULTY_CRITERIA)[number];

/** Which of them a query has. */
export type DifficultyLabels = Readonly<Record<DifficultyCriterion, boolean>>;

/** Fills `prompts/query-difficulty.md`. @throws ConfigError `config/invalid` when its placeholders are not the right ones */
export function renderDifficultyPrompt(template: string, query: string): string {
  return fillTemplate('The template prompts/query-difficulty.md', template, { query: { quoted: query } });
}

/** Reads the seven labels; a reply that lacks one, or gives one twice and differently, has none. */
export function parseDifficulty(reply: string, finishReason: FinishReason): LabelReply<DifficultyLabels> {
  const said = stripThoughts(reply);
  const unreadable = findUnreadableReply(said, finishReason);
  if (unreadable !== null) return unreadable;
  const labels: Partial<Record<DifficultyCriterion, boolean>> = {};
  for (const criterion of DIFFICULTY_CRITERIA) {
    const values = new Set([...said.matchAll(labelPattern(criterion))].map((match) => isYes(match[1] ?? '')));
    const [value] = values;
    if (value === undefined || values.size > 1) {
      return malformed(values.size > 1 ? `${criterion} is both 0 and 1` : `${criterion} is missing`);
    }
    labels[criterion] = value;
  }
  return { ok: true, label: labels as DifficultyLabels };
}

/** How many of the seven a query has, 0 to 7. */
export function difficultyOf(labels: DifficultyLabels): number {
  return DIFFICULTY_CRITERIA.filter((criterion) => labels[criterion]).length;
}

/**
 * Whether a query is hard enough.
 *
 * @param minDifficulty in [0, 7]; the paper keeps 5 and more
 */
export function isHard(labels: DifficultyLabels, minDifficulty: number): boolean {
  return difficultyOf(labels) >= minDifficulty;
}

/** Name, then a value, as a line, in bold or in JSON. */
function labelPattern(criterion: DifficultyCriterion): RegExp {
  const name = criterion.replaceAll('-', '[-_ ]');
  return new RegExp(String.raw`\b${name}\b["*_\x60]*\s*[:=]["*_\x60\s]*(0|1|yes|no|true|false)\b(?!\s*or\b)`, 'gi');
}

function isYes(value: string): boolean {
  return /^(?:1|yes|true)$/i.test(value);
}

function malformed(detail: string): { readonly ok: false; readonly cause: UnparsedCause; readonly detail: string } {
  return { ok: false, cause: 'malformed', detail };
}

import type { CollectedQuery, Curated, CuratedQuery, DroppedQuery, DropReason } from './bolt-query.ts';
import { findOverlaps, type OverlapRules, type ReferenceText } from './evaluation-overlap.ts';
import { findNearDuplicates, type DuplicateRules } from './near-duplicates.ts';
import { proseLanguage } from './text-language.ts';
import { wordsOf } from './word-grams.ts';

/** The steps of the curation that need no model. */
export interface ScreenRules {
  /** Both inclusive, UTF-16 units. */
  readonly minChars: number;
  readonly maxChars: number;
  /** ISO 639-1; none lets every language in. A query too short to tell passes. */
  readonly languages: readonly string[];
  readonly duplicates: DuplicateRules;
  readonly overlap: OverlapRules;
}

/**
 * First user turn, length, language, duplicates, overlap with evaluation sets: in this order, each over what the earlier
 * ones let through. The first of several equal queries stays.
 *
 * @source BOLT (arXiv 2502.03860) §3.1.2 keeps the first turn; the other steps are ours
 */
export function screenQueries(
  collected: readonly CollectedQuery[],
  evaluation: readonly ReferenceText[],
  rules: ScreenRules,
): Curated<CuratedQuery> {
  const dropped: DroppedQuery[] = [];
  const keep = (queries: readonly CuratedQuery[], findings: readonly Finding[]): readonly CuratedQuery[] =>
    queries.filter(({ promptId }, index) => {
      const finding = findings[index] ?? null;
      if (finding !== null) dropped.push({ promptId, ...finding });
      return finding === null;
    });

  const turns = collected.map(({ promptId, messages, checklist }) => ({
    promptId,
    text: firstUserTurn(messages) ?? '',
    checklist,
  }));
  const sized = keep(
    turns,
    turns.map(({ text }) => checkText(text, rules)),
  );
  const once = keep(sized, findDuplicates(sized));
  const different = keep(
    once,
    findNearDuplicates(textsOf(once), rules.duplicates).map((twin) =>
      found('near-duplicate', twin === null ? null : `of ${once[twin]?.promptId ?? ''}`),
    ),
  );
  const clean = keep(
    different,
    findOverlaps(textsOf(different), evaluation, rules.overlap).map((name) => found('evaluation-overlap', name)),
  );
  return { kept: clean, dropped };
}

/** What the user said first, without blanks around it; `null` where no user said anything. */
export function firstUserTurn(messages: CollectedQuery['messages']): string | null {
  const text = messages.find(({ role }) => role === 'user')?.content.trim() ?? '';
  return text === '' ? null : text;
}

type Finding = Omit<DroppedQuery, 'promptId'> | null;

function found(reason: DropReason, detail: string | null): Finding {
  return detail === null ? null : { reason, detail };
}

function checkText(text: string, { minChars, maxChars, languages }: ScreenRules): Finding {
  if (text === '') return found('no-user-turn', 'no user turn with text');
  const lengthChars = text.length;
  if (lengthChars < minChars) return found('too-short', `${lengthChars} characters, min ${minChars}`);
  if (lengthChars > maxChars) return found('too-long', `${lengthChars} characters, max ${maxChars}`);
  const language = languages.length === 0 ? null : proseLanguage(text);
  return language === null || languages.includes(language) ? null : found('other-language', language);
}

/** Equal but for case, blanks and punctuation. A query of punctuation alone is only equal to itself. */
function findDuplicates(queries: readonly CuratedQuery[]): readonly Finding[] {
  const first = new Map<string, string>();
  return queries.map(({ promptId, text }) => {
    const key = wordsOf(text).join(' ') || text;
    const twin = first.get(key);
    if (twin === undefined) first.set(key, promptId);
    return found('duplicate', twin === undefined ? null : `of ${twin}`);
  });
}

function textsOf(queries: readonly CuratedQuery[]): readonly string[] {
  return queries.map(({ text }) => text);
}

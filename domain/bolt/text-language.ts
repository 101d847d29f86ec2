import { detectLanguage } from '../ifeval/detect-language.ts';

/** A fenced block (also one that never ends), inline code, or an address: no evidence of a language. */
const NOT_PROSE = /(`{3,}|~{3,})[\s\S]*?(?:\1|$)|`[^`\n]+`|\bhttps?:\/\/\S+/g;

/** Below this many letters the detector guesses. */
const FEWEST_LETTERS = 40;

/** Greek is left out: formulas of any language have it. */
const SCRIPTS = {
  latin: /\p{Script=Latin}/gu,
  cyrillic: /\p{Script=Cyrillic}/gu,
  han: /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu,
  hangul: /\p{Script=Hangul}/gu,
  arabic: /\p{Script=Arabic}/gu,
  hebrew: /\p{Script=Hebrew}/gu,
  devanagari: /\p{Script=Devanagari}/gu,
  thai: /\p{Script=Thai}/gu,
} as const;

type Script = keyof typeof SCRIPTS;

/**
 * The language of a text's prose (ISO 639-1, as `detectLanguage` names them), or `null` where there is too little of it to
 * tell. Code counts as no language.
 */
export function proseLanguage(text: string): string | null {
  const prose = proseOf(text);
  if ((prose.match(/\p{L}/gu)?.length ?? 0) < minLetters(prose)) return null;
  const found = detectLanguage(prose);
  return found === undefined || found === 'unknown' ? null : found;
}

/** A text without code blocks, inline code and addresses. */
export function proseOf(text: string): string {
  return text.replaceAll(NOT_PROSE, ' ');
}

/** Share of a text's letters that are of scripts another text has none of, in [0, 1]; 0 for no letters. */
export function foreignScriptShare(text: string, other: string): number {
  const [ours, theirs] = [countScripts(text), countScripts(other)];
  let [all, foreign] = [0, 0];
  for (const [script, count] of ours) {
    all += count;
    if ((theirs.get(script) ?? 0) === 0) foreign += count;
  }
  return all === 0 ? 0 : foreign / all;
}

/** Whether a text speaks of translation or names this language, so that an answer in it is no slip. */
export function asksForLanguage(text: string, language: string): boolean {
  const name = new Intl.DisplayNames(['en'], { type: 'language' }).of(language.split('-')[0] ?? language) ?? language;
  return /\btranslat|\blanguages?\b/i.test(text) || text.toLowerCase().includes(name.toLowerCase());
}

/** Scripts of their own tell a language from few letters. */
function minLetters(prose: string): number {
  const counts = countScripts(prose);
  const latin = counts.get('latin') ?? 0;
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return latin * 2 < all ? FEWEST_LETTERS / 10 : FEWEST_LETTERS;
}

function countScripts(text: string): ReadonlyMap<Script, number> {
  return new Map(
    (Object.keys(SCRIPTS) as Script[]).map((script) => [script, text.match(SCRIPTS[script])?.length ?? 0]),
  );
}

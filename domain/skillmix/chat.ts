import type { ChatMessage } from '../prompt.ts';
import { fillTemplate } from '../fill-template.ts';
import { createRandom } from '../random.ts';
import { renderExamples, type DraftExample } from './examples.ts';
import { renderPair, type Pair } from './pair.ts';
import type { QueryType } from './query-types.ts';
import { inWords } from './skill-name.ts';

/** Names of the templates behind a pair, as their files in `prompts/` are called after `skillmix-`. */
export const PAIR_TEMPLATES = [
  'draft',
  'critique',
  'refine',
  'rewrite',
  'gate',
  'brevity',
  'junk',
  'format-labels',
  'format-json',
  'examples',
] as const;
export type PairTemplates = Readonly<Record<(typeof PAIR_TEMPLATES)[number], string>>;

/** What the turns of a pair are made of. */
export interface PairPrompts {
  readonly templates: PairTemplates;
  readonly output: 'labels' | 'json';
  readonly responseWords: number;
  readonly skills: readonly string[];
  readonly queryType: QueryType;
}

const name = (template: string): string => `The template prompts/skillmix-${template}.md`;

const formatOf = ({ templates, output }: PairPrompts) => ({ plain: templates[`format-${output}`].trim() });

/** Opens the chat: the rules, some examples, the type and the skills. */
export function renderDraftPrompt(prompts: PairPrompts, examples: readonly DraftExample[]): string {
  const { templates, output, responseWords, skills, queryType } = prompts;
  const shown = queryType.examples.map((example) => `- ${example}`).join('\n');
  return fillTemplate(name('draft'), templates.draft, {
    responseWords: { plain: String(responseWords) },
    format: formatOf(prompts),
    examples: { plain: renderExamples(examples, skills.length, output) },
    queryType: { quoted: `${queryType.name}: ${queryType.definition}\n${shown}`.trim() },
    count: { plain: String(skills.length) },
    skills: { plain: skills.map(inWords).join(', ') },
  }).trim();
}

/** Asks for the weaknesses and strengths of what stands in the chat. */
export function renderCritiquePrompt({ templates }: PairPrompts): string {
  return templates.critique.trim();
}

/** Asks for both once more, mended. */
export function renderRefinePrompt(prompts: PairPrompts): string {
  return fillTemplate(name('refine'), prompts.templates.refine, {
    skills: { plain: prompts.skills.map(inWords).join(' and ') },
    responseWords: { plain: String(prompts.responseWords) },
    format: formatOf(prompts),
  }).trim();
}

/** Asks for a cut reply once more, shorter. */
export function renderRewritePrompt(prompts: PairPrompts): string {
  return fillTemplate(name('rewrite'), prompts.templates.rewrite, {
    responseWords: { plain: String(Math.max(10, Math.floor(prompts.responseWords / 2))) },
    format: formatOf(prompts),
  }).trim();
}

/** Asks for a spoiled answer to a finished message. */
export function renderSpoilPrompt({ templates }: PairPrompts, kind: 'brevity' | 'junk', instruction: string): string {
  return fillTemplate(name(kind), templates[kind], { instruction: { quoted: instruction } }).trim();
}

/** Asks which of two pairs is better; which of them is A follows from the seed, so that neither has an advantage. */
export function renderGatePrompt(
  { templates }: PairPrompts,
  draft: Pair,
  refined: Pair,
  seed: number,
): { readonly content: string; readonly refinedIsA: boolean } {
  const refinedIsA = createRandom(seed)() < 0.5;
  const [a, b] = refinedIsA ? [refined, draft] : [draft, refined];
  const content = fillTemplate(name('gate'), templates.gate, {
    instructionA: { quoted: a.instruction },
    responseA: { quoted: a.response },
    instructionB: { quoted: b.instruction },
    responseB: { quoted: b.response },
  });
  return { content: content.trim(), refinedIsA };
}

/** A chat that goes on after a pair: what was cut or labelled badly before stands in it whole and in the one layout. */
export function continueChat(
  draftPrompt: string,
  pair: Pair,
  ...later: readonly ChatMessage[]
): readonly ChatMessage[] {
  return [{ role: 'user', content: draftPrompt }, { role: 'assistant', content: renderPair(pair) }, ...later];
}

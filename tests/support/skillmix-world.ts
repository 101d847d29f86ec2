import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { skillmixConfig, type SkillmixConfig } from '../../configs/schema/skillmix.ts';

const TYPES = ['Asking', 'Planning', 'Mending'] as const;

/** Skills that a file gives: as many as are asked for, spelled unlike each other. */
export function makeSkills(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${wordOf(index * 7 + 1)}_${wordOf(index * 13 + 5)}`);
}

/** A word of its own for each number, whose letters have little in common with those of others. */
function wordOf(index: number): string {
  const letters = 'bdfghklmnprstvz';
  const vowels = 'aeiou';
  let rest = index * 2_654_435_761 + 97;
  return Array.from({ length: 4 }, () => {
    rest = (rest * 48_271 + 11) % 2_147_483_647;
    return `${letters[rest % letters.length]}${vowels[Math.floor(rest / 31) % vowels.length]}`;
  }).join('');
}

/** Writes files of skills and of three query types below a folder. */
export async function writeInventoryFiles(folder: string, skills: readonly string[]) {
  await mkdir(folder, { recursive: true });
  const paths = { skills: join(folder, 'skills.txt'), queryTypes: join(folder, 'types.md') };
  await writeFile(paths.skills, skills.map((name) => `${name}\n`).join(''));
  const blocks = TYPES.map(
    (name, index) =>
      `${index + 1}. **${name}**: the sender wants ${name}.\n   - "One of ${name}?"\n   - "Two of ${name}?"\n`,
  );
  await writeFile(paths.queryTypes, blocks.join('\n'));
  return paths;
}

/** A config over given skills; `changes` replace its sections. */
export function makeSkillmixConfig(
  baseUrl: string,
  files: { readonly skills: string; readonly queryTypes: string },
  changes: Partial<z.input<typeof skillmixConfig>> = {},
): SkillmixConfig {
  return skillmixConfig.parse({
    loop: 'skillmix',
    numRows: 6,
    policy: { baseUrl, model: 'scripted', callsInFlight: 4 },
    inventory: { source: 'files', ...files },
    sampling: { maxTokens: 100 },
    store: { minFreeMb: 0 },
    shards: { rows: 3, inFlight: 2 },
    ...changes,
  });
}

/** What a turn's prompt asks for, told by the words of our own templates. */
export type AskedTurn =
  | 'draft'
  | 'critique'
  | 'refine'
  | 'rewrite'
  | 'gate'
  | 'brevity'
  | 'junk'
  | 'topics'
  | 'skills'
  | 'query-types'
  | 'label'
  | 'group';

const MARKS: readonly (readonly [mark: string, turn: AskedTurn])[] = [
  ['Your last reply broke off', 'rewrite'],
  ['once more, as they should have been', 'refine'],
  ['be the person who sent this message', 'critique'],
  ['BETTER: A or B', 'gate'],
  ['Keep the answer to a single short paragraph', 'brevity'],
  ['a really unhelpful answer', 'junk'],
  ['Now the one that you are to write', 'draft'],
  ['broad topics of such talk', 'topics'],
  ['Think of requests about this topic', 'skills'],
  ['such types of messages', 'query-types'],
  ['what a good answer to it would need', 'label'],
  ['These labels name abilities', 'group'],
];

/** The turn that the end of a chat asks for. */
export function turnOf(prompt: string): AskedTurn {
  const found = MARKS.map(([mark, turn]) => ({ turn, at: prompt.lastIndexOf(mark) })).toSorted(
    (a, b) => b.at - a.at,
  )[0];
  if (found === undefined || found.at < 0) throw new Error(`no template of Instruct-SkillMix: ${prompt.slice(0, 200)}`);
  return found.turn;
}

/** The skills that the draft's prompt asks for, in words. */
export function skillsOf(prompt: string): string {
  return [...prompt.matchAll(/^Skills \(\d\): (.+)$/gm)].at(-1)?.[1] ?? 'nothing';
}

/** A teacher that knows its trade: every turn is what its prompt asks for, and a pure function of it and the seed. */
export function teachWell(prompt: string, seed: number): string {
  const skills = skillsOf(prompt);
  const number = /topic-\d+|round-\d+/.exec(prompt)?.[0] ?? '';
  switch (turnOf(prompt)) {
    case 'draft':
    case 'rewrite':
      return `### Instruction:\nDraft ${seed}: how do I bring ${skills} together?\n\n### Response:\nBegin with ${skills}.`;
    case 'critique':
      return `Weaknesses:\n- It is generic about ${skills}.\n\nStrengths:\n- It is short.`;
    case 'refine':
      return `### Refined Instruction:\nOn Monday I have to bring ${skills} together. How?\n\n### Refined Response:\nResponse: take ${skills} apart first, by Sunday.`;
    case 'gate':
      return `The one with a day is concrete.\nBETTER: ${prompt.indexOf('On Monday') < prompt.indexOf('Draft ') ? 'A' : 'B'}`;
    case 'brevity':
      return 'In a paragraph: it depends.';
    case 'junk':
      return 'There are many things to consider, and it always depends.';
    case 'topics':
      return prompt.includes('Named already') ? 'garden work\ntravel plans' : 'home cooking\ntravel plans';
    case 'skills':
      return `weighing_trade_offs\n${/\n(.+)\n```/.exec(prompt)?.[1]?.replaceAll(' ', '_') ?? 'x'}\nestimating_${number}effort\nchoosing tools for ${skillWord(prompt)}`;
    case 'query-types':
      return '1. **Asking**: wants a fact.\n   - "What is it?"\n   - "When was it?"\n2. **Planning**: wants a plan.\n   - "Plan a day."\n   - "Plan a week."';
    case 'label':
      return 'weighing_options\nestimating effort';
    case 'group':
      return 'weighing_trade_offs: weighing_options';
  }
}

function skillWord(prompt: string): string {
  return /\n(\w+) \w+\n```/.exec(prompt)?.[1] ?? 'work';
}

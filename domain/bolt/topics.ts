import type { FinishReason } from '../completion.ts';
import { fillTemplate } from '../fill-template.ts';
import { stripThoughts } from '../judging/strip-thoughts.ts';
import { findUnreadableReply, type LabelReply } from './label-reply.ts';

/** A closed list of topics: name and what belongs there. */
export type TopicList = Readonly<Record<string, string>>;

/** Topics where a config names none. The paper fixes its list with a model and an annotator and does not print it. */
export const DEFAULT_TOPICS = {
  mathematics: 'calculation, proof, geometry, probability, word problems with an exact result',
  coding: 'writing, reading, mending or designing programs and queries',
  'data-analysis': 'drawing conclusions from numbers, tables, samples and experiments',
  science: 'explaining how something in nature or technology works',
  logic: 'puzzles and arguments that are settled by deduction',
  estimation: 'rough sizes of things that nobody has counted',
  writing: 'stories, letters, speeches and other texts for a reader',
  language: 'grammar, meaning, style, translation',
  planning: 'schedules, routes, budgets, organising work',
  advice: 'decisions, ethics, health, money, getting on with people',
  society: 'history, law, politics, economics, culture',
  other: 'none of these',
} as const satisfies TopicList;

/** Fills `prompts/query-topic.md`. @throws ConfigError `config/invalid` when its placeholders are not the right ones */
export function renderTopicPrompt(template: string, query: string, topics: TopicList): string {
  return fillTemplate('The template prompts/query-topic.md', template, {
    query: { quoted: query },
    topics: {
      plain: Object.entries(topics)
        .map(([name, description]) => `- ${name}: ${description}`)
        .join('\n'),
    },
  });
}

/** Reads one topic of the list; a name beside the list is no topic, and neither are two of them. */
export function parseTopic(reply: string, finishReason: FinishReason, topics: TopicList): LabelReply<string> {
  const said = stripThoughts(reply);
  const unreadable = findUnreadableReply(said, finishReason);
  if (unreadable !== null) return unreadable;
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  const marked = lines.filter((line) => /^\W*topic\W*:/i.test(line));
  // A lone line is taken without the word before it.
  const answers = marked.length > 0 ? marked : lines.length === 1 ? lines : [];
  const names = new Set(answers.map((line) => normalize(line.replace(/^\W*topic\W*:/i, ''))));
  const [name] = names;
  const topic = Object.keys(topics).find((candidate) => normalize(candidate) === name);
  if (names.size === 1 && topic !== undefined) return { ok: true, label: topic };
  const detail = names.size > 1 ? 'more than one topic' : names.size === 0 ? 'no topic' : 'a topic beside the list';
  return { ok: false, cause: 'malformed', detail };
}

function normalize(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

import type { AskedInventory, LabelledInventory } from '../../configs/schema/skill-inventory.ts';
import { fillTemplate } from '../../domain/fill-template.ts';
import type { Extraction } from '../../domain/skillmix/extraction.ts';
import type { NamedSkill } from '../../domain/skillmix/inventory.ts';
import { parseList } from '../../domain/skillmix/parse-list.ts';
import { parseQueryTypes, type QueryType } from '../../domain/skillmix/query-types.ts';
import { isName, normaliseName } from '../../domain/skillmix/skill-name.ts';
import { askList, inLane, type ListCalls } from './ask-list.ts';
import { groupLabels } from './group-labels.ts';
import type { InventoryTemplates } from './prompts.ts';

/** A row of the data set whose skills are wanted. */
export interface LabelledRow {
  readonly rowId: string;
  readonly instruction: string;
}

/** Topics that the next round is told of, so that it names others. */
const MOST_KNOWN_SHOWN = 100;

/**
 * Names skills without any data: topics in rounds, then the skills of each topic.
 *
 * @source Instruct-SkillMix (arXiv 2408.14774), seed-dataset agnostic extraction; the prompts and the number of rounds are ours
 */
export async function extractByTopic(
  calls: ListCalls,
  templates: InventoryTemplates,
  config: AskedInventory,
): Promise<Pick<Extraction, 'topics' | 'named'>> {
  const topics = new Map<string, string>();
  calls.plan(config.topicRounds);
  for (let round = 0; round < config.topicRounds; round += 1) {
    const [named] = await inLane(calls, [`round-${round}`], (subject) =>
      askNames(calls, {
        step: 'topics',
        subject,
        content: renderTopics(templates.topics, config.topicsPerRound, [...topics.values()]),
        count: config.topicsPerRound,
      }),
    );
    for (const label of named ?? []) if (!topics.has(normaliseName(label))) topics.set(normaliseName(label), label);
  }
  calls.plan(topics.size);
  const named_T = await inLane(calls, [...topics], async ([name, topic]) => {
    const content = fillTemplate('The template prompts/skillmix-skills.md', templates.skills, {
      topic: { quoted: topic },
      count: { plain: String(config.skillsPerTopic) },
    });
    const labels = await askNames(calls, { step: 'skills', subject: name, content, count: config.skillsPerTopic });
    return labels.map((label): NamedSkill => ({ label, topic: name, source: 'asked' }));
  });
  return { topics: [...topics.keys()], named: named_T.flat() };
}

/**
 * Names the skills that rows of a data set need, and lets the teacher group labels that mean the same.
 *
 * @source Instruct-SkillMix (arXiv 2408.14774), seed-dataset dependent extraction, after Didolkar et al. (arXiv 2405.12205):
 *   label each example, then group the labels
 */
export async function extractByRow(
  calls: ListCalls,
  templates: InventoryTemplates,
  config: LabelledInventory,
  rows: readonly LabelledRow[],
): Promise<Pick<Extraction, 'named' | 'rows' | 'groups' | 'groupRounds'>> {
  calls.plan(rows.length);
  const labelled = await inLane(calls, rows, async ({ rowId, instruction }) => {
    const content = fillTemplate('The template prompts/skillmix-label.md', templates.label, {
      instruction: { quoted: instruction },
      count: { plain: String(config.skillsPerRow) },
    });
    const names = (await askNames(calls, { step: 'label', subject: rowId, content, count: config.skillsPerRow }))
      .map(normaliseName)
      .filter(isName);
    return { rowId, labels: [...new Set(names)].slice(0, config.skillsPerRow) };
  });
  const labels = [...new Set(labelled.flatMap((row) => row.labels))].toSorted();
  const { groups, rounds: groupRounds } = await groupLabels(calls, templates.group, labels, config);
  const named = labelled.flatMap((row) =>
    row.labels.map((label): NamedSkill => ({ label: groups.get(label) ?? label, topic: null, source: 'labelled' })),
  );
  return { named, rows: labelled, groups, groupRounds };
}

/** Lets the teacher write the query types. */
export async function askQueryTypes(
  calls: ListCalls,
  templates: InventoryTemplates,
  count: number,
): Promise<readonly QueryType[]> {
  const content = fillTemplate('The template prompts/skillmix-query-types.md', templates['query-types'], {
    count: { plain: String(count) },
  });
  const [types] = await inLane(calls, ['all'], (subject) =>
    askList(calls, {
      step: 'query-types',
      subject,
      content,
      read: (reply) => parseQueryTypes(reply).types,
      size: ({ length }) => length,
    }),
  );
  return (types ?? []).slice(0, count);
}

interface NamesTask {
  readonly step: 'topics' | 'skills' | 'label';
  readonly subject: string;
  readonly content: string;
  /** How many names the content asks for. */
  readonly count: number;
}

async function askNames(calls: ListCalls, { step, subject, content, count }: NamesTask): Promise<readonly string[]> {
  const read = (reply: string) => parseList(reply).filter((label) => isName(normaliseName(label)));
  const asked = calls.output === 'json' ? asJson(content, count) : { content };
  return (await askList(calls, { step, subject, ...asked, read, size: ({ length }) => length })) ?? [];
}

/** A list that a grammar can hold a small model to: exactly so many names of one to three words. */
function asJson(content: string, count: number) {
  const name = { type: 'string', pattern: "^[A-Za-z'-]+( [A-Za-z'-]+)?( [A-Za-z'-]+)?$" };
  return {
    content: `${content}\n\nGive them as JSON: {"names": [...]}, with ${count} names in it.`,
    jsonSchema: {
      type: 'object',
      properties: { names: { type: 'array', items: name, minItems: count, maxItems: count } },
      required: ['names'],
      additionalProperties: false,
    },
  };
}

function renderTopics(template: string, count: number, known: readonly string[]): string {
  const shown = known.slice(-MOST_KNOWN_SHOWN).join('\n');
  return fillTemplate('The template prompts/skillmix-topics.md', template, {
    count: { plain: String(count) },
    known: known.length === 0 ? { plain: '' } : { quoted: `Named already, so name others:\n${shown}` },
  });
}

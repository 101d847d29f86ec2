import { fromInfoBench, type InfoBenchTask } from '../checklist-exchange/infobench.ts';
import { fromMtBench, type MtBenchQuestion } from '../checklist-exchange/mt-bench.ts';
import { UNIVERSAL_ITEMS } from '../checklist-writing/universal-items.ts';
import type { PromptRow } from '../prompt.ts';

/** A task as it is written to a file, in upstream's field names. */
export interface TaskRecord {
  readonly session_id: string;
  readonly conversation_input: readonly { readonly role: string; readonly content: string }[];
  readonly checklist: readonly string[];
  readonly primary_tag: string;
  readonly secondary_tags: readonly string[];
  /** The set it was taken from. */
  readonly source: string;
}

/** InFoBench names subjects and web sites, not kinds of tasks: only those that imply a kind are told apart. */
const INFOBENCH_TAGS: readonly (readonly [category: RegExp, tag: string])[] = [
  [/computer science|cryptography|geeksforgeeks|github|stackoverflow/i, 'Coding & Debugging'],
  [/math|physi[cs]|electrical engineering|wolfram/i, 'Math'],
  [/riddle|puzzle|game/i, 'Reasoning'],
  [/travel|tripadvisor|national geographic|operations|notion|jira/i, 'Planning'],
  [/^arts|news and media|family and relationships/i, 'Creative Writing'],
  [/quora|goodreads|amazon|linkedin/i, 'Advice seeking'],
  [/google|merriam|ludwig|imdb|instructables|sciences|engineering/i, 'Information seeking'],
];

const MT_BENCH_TAGS: ReadonlyMap<string, string> = new Map([
  ['writing', 'Creative Writing'],
  ['roleplay', 'Role playing'],
  ['reasoning', 'Reasoning'],
  ['math', 'Math'],
  ['coding', 'Coding & Debugging'],
  ['extraction', 'Data Analysis'],
  ['stem', 'Information seeking'],
  ['humanities', 'Information seeking'],
]);

const OTHER_TAG = 'Others';

/** A task of InFoBench; the tag is our reading of its `category`. */
export function taskOfInfoBench(task: InfoBenchTask & { readonly category: string }): TaskRecord {
  const tag = INFOBENCH_TAGS.find(([category]) => category.test(task.category))?.[1] ?? OTHER_TAG;
  return toRecord(fromInfoBench(task), tag, 'infobench');
}

/**
 * The first turn of an MT-Bench question: the second asks about the model's own first answer, and the history of a WildBench
 * task is static. MT-Bench has no checklists, so each task gets the questions that suit every answer.
 */
export function taskOfMtBench(question: MtBenchQuestion & { readonly category: string }): TaskRecord {
  const row = { ...fromMtBench(question), checklist: UNIVERSAL_ITEMS };
  return toRecord(row, MT_BENCH_TAGS.get(question.category) ?? OTHER_TAG, 'mt-bench');
}

function toRecord({ promptId, messages, checklist }: PromptRow, tag: string, source: string): TaskRecord {
  return {
    session_id: promptId,
    conversation_input: messages.map(({ role, content }) => ({ role, content })),
    checklist: checklist.map(({ question }) => question),
    primary_tag: tag,
    secondary_tags: [],
    source,
  };
}

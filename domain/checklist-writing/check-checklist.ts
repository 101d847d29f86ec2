import type { Item } from '../checklist.ts';
import type { FinishReason } from '../completion.ts';
import { normaliseQuestion } from './normalise-question.ts';
import { parseChecklist } from './parse-checklist.ts';
import { isCompound, isYesNoQuestion } from './question-form.ts';
import type { WrittenItem } from './written-item.ts';
import { hasWrongPolarity } from './wrong-polarity.ts';

/** What a written checklist has to keep to. */
export interface ChecklistRules {
  readonly minItems: number;
  readonly maxItems: number;
  /** Every item needs a weight, an integer from 0 to 100. Without this, weights are left out. */
  readonly weighted: boolean;
  /** Normalised questions of the examples in the writer's template: a copy says nothing about the instruction. */
  readonly exampleQuestions: ReadonlySet<string>;
}

/** Why a reply was sent back. `call-refused`: the writer's server did not take the call. */
export type ChecklistRejection =
  | 'call-refused'
  | 'empty'
  | 'refusal'
  | 'truncated'
  | 'too-few'
  | 'too-many'
  | 'duplicate'
  | 'copied-example'
  | 'not-yes-no'
  | 'wrong-polarity'
  | 'too-long'
  | 'no-weight'
  | 'bad-weight'
  | 'zero-weights';

/** One thing that is wrong with a reply, or with one of its questions. */
export interface Complaint {
  readonly reason: ChecklistRejection;
  /** Number of the question in the reply, from 1; none where the whole reply is meant. */
  readonly question?: number;
}

/** A reply, read and checked; without complaints it is acceptable. */
export interface CheckedReply {
  /** All questions as they were written. */
  readonly written: readonly string[];
  /** The questions that nothing is wrong with, in order; more than allowed when there is the complaint `too-many`. */
  readonly items: readonly Item[];
  readonly complaints: readonly Complaint[];
}

const LONGEST_QUESTION = 400;

const REFUSAL =
  /\b(?:I(?:'|’)m sorry|I am sorry|I apologi[sz]e|I (?:can(?:no|'|’)t|can not|won(?:'|’)t|will not|am unable to|(?:'|’)m unable to|must decline)|I(?:'|’)m (?:unable|not able) to|as an AI)\b/i;

/** Reads a writer's reply and says what is wrong with it. @param instruction what the checklist is for, for the polarity */
export function checkChecklist(
  reply: string,
  finishReason: FinishReason,
  instruction: string,
  rules: ChecklistRules,
): CheckedReply {
  const written = parseChecklist(reply).items;
  const seen = new Set<string>();
  const faults = written.map((item) => findFault(item, instruction, rules, seen));
  const items = written.filter((_, index) => faults[index] === undefined).map((item) => toItem(item, rules));
  return {
    written: written.map(({ question }) => question),
    items,
    complaints: [
      ...replyFaults(reply, finishReason, items, written.length, rules).map((reason) => ({ reason })),
      ...faults.flatMap((reason, index) => (reason === undefined ? [] : [{ reason, question: index + 1 }])),
    ],
  };
}

/** How many of the items ask for two things at once. They are kept: splitting is the writer's work. */
export function countCompound(items: readonly Item[]): number {
  return items.filter(({ question }) => isCompound(question)).length;
}

function findFault(
  { question, weight }: WrittenItem,
  instruction: string,
  { weighted, exampleQuestions }: ChecklistRules,
  seen: Set<string>,
): ChecklistRejection | undefined {
  const normalised = normaliseQuestion(question);
  if (!isYesNoQuestion(question)) return 'not-yes-no';
  if (question.length > LONGEST_QUESTION) return 'too-long';
  if (seen.has(normalised)) return 'duplicate';
  seen.add(normalised);
  if (exampleQuestions.has(normalised)) return 'copied-example';
  if (hasWrongPolarity(question, instruction)) return 'wrong-polarity';
  if (weighted && weight === undefined) return 'no-weight';
  if (weighted && !isWeight(weight)) return 'bad-weight';
  return undefined;
}

function isWeight(weight: number | undefined): boolean {
  return weight !== undefined && Number.isInteger(weight) && weight >= 0 && weight <= 100;
}

function toItem({ question, kind, weight }: WrittenItem, { weighted }: ChecklistRules): Item {
  return {
    question,
    ...(kind === undefined ? {} : { kind }),
    ...(weighted && weight !== undefined ? { weight } : {}),
  };
}

function replyFaults(
  reply: string,
  finishReason: FinishReason,
  items: readonly Item[],
  writtenCount: number,
  { minItems, maxItems, weighted }: ChecklistRules,
): readonly ChecklistRejection[] {
  if (reply.trim() === '') return ['empty'];
  if (writtenCount === 0 && REFUSAL.test(reply)) return ['refusal'];
  return [
    // What was cut off may be a question, and a question that was cut may read like a whole one.
    ...(finishReason === 'length' || finishReason === 'repetition' ? (['truncated'] as const) : []),
    ...(items.length < minItems ? (['too-few'] as const) : []),
    ...(items.length > maxItems ? (['too-many'] as const) : []),
    ...(weighted && items.length > 0 && items.every(({ weight }) => weight === 0) ? (['zero-weights'] as const) : []),
  ];
}

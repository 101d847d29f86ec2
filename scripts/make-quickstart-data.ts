/**
 * Writes the two prompt sets of the quickstart. Run it with `npx tsx scripts/make-quickstart-data.ts`; it takes no choice
 * at random, so the files are the same every time.
 */
import { mkdir, writeFile } from 'node:fs/promises';

import type { Item } from '../domain/checklist.ts';
import type { PromptRow } from '../domain/prompt.ts';
import { HELD_OUT_TOPICS, TRAIN_TOPICS } from './quickstart-topics.ts';

/** A wish in words for the prompt, and the item that decides it. */
interface Constraint {
  readonly wish: string;
  readonly item: Item;
}

// A small instruct model should meet each constraint sometimes: what it always or never meets makes no pairs.
const WORD_LIMITS = [10, 12, 15] as const;
const SENTENCES = 2;
const ENDINGS = [
  { name: 'an exclamation mark', phrase: '!' },
  { name: 'a question mark', phrase: '?' },
] as const;
const REQUIRED_WORDS = ['people', 'world', 'life'] as const;
const FORBIDDEN_WORDS = ['and', 'the', 'is'] as const;
const BULLET_COUNTS = [3, 2] as const;

/** Each makes the constraint of one kind; the turn picks its parameter, so that parameters alternate. */
const CONSTRAINTS = {
  words: (turn: number): Constraint => {
    const max = pick(WORD_LIMITS, turn);
    return {
      wish: `Answer in at most ${max} words.`,
      item: {
        question: `Does the answer have at most ${max} words?`,
        verifier: { kind: 'length_words', args: { max } },
      },
    };
  },
  sentences: (): Constraint => ({
    wish: `Write exactly ${SENTENCES} sentences.`,
    item: {
      question: `Does the answer have exactly ${SENTENCES} sentences?`,
      verifier: { kind: 'length_sentences', args: { min: SENTENCES, max: SENTENCES } },
    },
  }),
  lowercase: (): Constraint => ({
    wish: 'Use only lowercase letters.',
    item: { question: 'Is every letter of the answer lowercase?', verifier: { kind: 'all_lowercase', args: {} } },
  }),
  noComma: (): Constraint => ({
    wish: 'Do not use any commas.',
    item: { question: 'Is the answer free of commas?', verifier: { kind: 'no_comma', args: {} } },
  }),
  ending: (turn: number): Constraint => {
    const { name, phrase } = pick(ENDINGS, turn);
    return {
      wish: `End with ${name}.`,
      item: { question: `Does the answer end with ${name}?`, verifier: { kind: 'end_phrase', args: { phrase } } },
    };
  },
  required: (turn: number): Constraint => {
    const word = pick(REQUIRED_WORDS, turn);
    return {
      wish: `Include the word "${word}".`,
      item: {
        question: `Does the answer include the word "${word}"?`,
        verifier: { kind: 'required_words', args: { words: [word] } },
      },
    };
  },
  forbidden: (turn: number): Constraint => {
    const word = pick(FORBIDDEN_WORDS, turn);
    return {
      wish: `Do not use the word "${word}".`,
      item: {
        question: `Does the answer avoid the word "${word}"?`,
        verifier: { kind: 'forbidden_words', args: { words: [word] } },
      },
    };
  },
  bullets: (turn: number): Constraint => {
    const count = pick(BULLET_COUNTS, turn);
    return {
      wish: `Write exactly ${count} bullet points starting with '* '.`,
      item: {
        question: `Does the answer have exactly ${count} bullet points?`,
        verifier: { kind: 'bullet_list', args: { count } },
      },
    };
  },
};

/** A ring: every kind stands in two pairs, and no pair contradicts itself. */
const PAIRS: readonly (readonly [keyof typeof CONSTRAINTS, keyof typeof CONSTRAINTS])[] = [
  ['words', 'noComma'],
  ['noComma', 'lowercase'],
  ['lowercase', 'sentences'],
  ['sentences', 'ending'],
  ['ending', 'required'],
  ['required', 'bullets'],
  ['bullets', 'forbidden'],
  ['forbidden', 'words'],
];

function makeRow(set: string, topic: string, index: number): PromptRow {
  const turn = Math.floor(index / PAIRS.length);
  const [first, second] = pick(PAIRS, index).map((name) => CONSTRAINTS[name](turn)) as [Constraint, Constraint];
  return {
    promptId: `${set}-${String(index).padStart(3, '0')}`,
    messages: [{ role: 'user', content: `Tell me briefly about ${topic}. ${first.wish} ${second.wish}` }],
    checklist: [first.item, second.item],
  };
}

function pick<Value>(values: readonly Value[], turn: number): Value {
  return values[turn % values.length] as Value;
}

const folder = new URL('../configs/data/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const [set, topics] of [
  ['train', TRAIN_TOPICS],
  ['held-out', HELD_OUT_TOPICS],
] as const) {
  const lines = topics.map((topic, index) => JSON.stringify(makeRow(set, topic, index)));
  await writeFile(new URL(`quickstart-${set}.jsonl`, folder), `${lines.join('\n')}\n`);
}

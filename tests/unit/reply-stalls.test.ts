// Locks that no text that a model may write keeps a worker from its heartbeats: it would fail there again on every retry. The
// readers need milliseconds for these texts, and one that steps back through all divisions of a run needs minutes.
import { runInNewContext } from 'node:vm';
import { describe, it } from 'vitest';
import { parseListReply } from '../../domain/judging/list-mode.ts';
import { parseScore } from '../../domain/judging/score-mode.ts';
import { parseCritique } from '../../domain/skillmix/critique.ts';
import { parseGroups } from '../../domain/skillmix/group-labels.ts';
import { parseInstruction, parsePair } from '../../domain/skillmix/parse-pair.ts';
import { parseList } from '../../domain/skillmix/parse-list.ts';
import { parsePreference } from '../../domain/skillmix/preference.ts';
import { parseQueryTypes } from '../../domain/skillmix/query-types.ts';

const LENGTH = 300_000;
const LIMIT_MS = 10_000;

const labels = (text: string) => parsePair(text, 'stop', { output: 'labels', allowAnswerOnly: true });
const json = (text: string) => parsePair(text, 'stop', { output: 'json', allowAnswerOnly: true });
const preference = (text: string) => parsePreference(text, 'stop', true);
const verdicts = (text: string) => parseListReply(text, 'stop', 1);
const groups = (text: string) => parseGroups(text, ['a']);

/** What it is, who reads it, what stands before the run, and of what the run is. */
const RUNS: readonly (readonly [name: string, read: (text: string) => unknown, before: string, unit: string])[] = [
  ['blanks in a labelled pair', labels, '### Instruction:\nx\n', ' '],
  ['tabs in a labelled pair', labels, '### Instruction:\nx\n', '\t'],
  ['blanks in a cut draft', parseInstruction, '{"instruction": "x\n', ' '],
  ['rules in an answer', labels, '### Instruction:\nx\n### Response:\nx', '\n---'],
  ['blanks behind a word that may be a label', labels, '### Instruction: x my response', ' '],
  ['empty lines in a fence', json, '```', '\n'],
  ['empty lines in a critique', (text) => parseCritique(text, 'stop'), 'x', '\n'],
  ['blanks in an entry of a list', parseList, 'x', ' '],
  ['full stops in an entry of a list', parseList, 'x', '.'],
  ['empty lines in a fenced list', parseList, '```', '\n'],
  ['blanks in groups', groups, '', ' '],
  ['blanks behind a label of examples', parseQueryTypes, '1. **A**: a\nexample', ' '],
  ['colons in the name of a type', parseQueryTypes, '1. **A', ':'],
  ['blanks in a score', (text: string) => parseScore(text, 'stop', 50), '', '*'],
  ['empty lines in a fenced list of verdicts', verdicts, '```', '\n'],
  ['empty lines in a preference', preference, 'x', '\n'],
];

describe('a long run of one thing', () => {
  it.each(RUNS)(
    'is read at once: %s',
    (_name, read, before, unit) => {
      const text = `${before}${unit.repeat(LENGTH / unit.length)}x**`;
      // V8 looks at its clock while an expression steps back, so that one that would never end is ended.
      runInNewContext('read(text)', { read, text }, { timeout: LIMIT_MS });
    },
    60_000,
  );
});

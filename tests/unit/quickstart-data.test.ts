import { readFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { promptRow } from '../../configs/schema/prompt-row.ts';
import type { PromptRow } from '../../domain/prompt.ts';

async function readRows(set: string): Promise<PromptRow[]> {
  const text = await readFile(new URL(`../../configs/data/quickstart-${set}.jsonl`, import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => promptRow.parse(JSON.parse(line)));
}

function promptText(row: PromptRow): string {
  return row.messages.map((message) => message.content).join('\n');
}

function topicOf(row: PromptRow): string {
  return /about ([^.]+)\./.exec(promptText(row))?.[1] ?? '';
}

function kindsOf(row: PromptRow): string[] {
  return row.checklist.map((item) => item.verifier?.kind ?? 'none');
}

/** How many rows have each pair of kinds. */
function countPairs(rows: readonly PromptRow[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const row of rows) counts[kindsOf(row).join('+')] = (counts[kindsOf(row).join('+')] ?? 0) + 1;
  return counts;
}

const train = await readRows('train');
const heldOut = await readRows('held-out');
const all = [...train, ...heldOut];

describe('the data of the quickstart', () => {
  it('has 72 training prompts and 40 held-out prompts', () => {
    expect([train.length, heldOut.length]).toEqual([72, 40]);
  });

  it('has unique prompt ids, prompts and topics over both sets', () => {
    for (const property of [(row: PromptRow) => row.promptId, promptText, topicOf]) {
      expect(new Set(all.map(property)).size).toBe(112);
    }
    expect(all.map(topicOf)).not.toContain('');
  });

  it('has two items a prompt, both decided by code and of different kinds', () => {
    for (const row of all) {
      expect(kindsOf(row)).not.toContain('none');
      expect(new Set(kindsOf(row)).size).toBe(2);
    }
  });

  it('has the same pairs of kinds in both sets, equally often', () => {
    expect(Object.keys(countPairs(heldOut)).toSorted()).toEqual(Object.keys(countPairs(train)).toSorted());
    expect(new Set(Object.values(countPairs(train)))).toEqual(new Set([9]));
    expect(new Set(Object.values(countPairs(heldOut)))).toEqual(new Set([5]));
  });
});

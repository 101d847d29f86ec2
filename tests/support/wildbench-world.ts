import { writeFile } from 'node:fs/promises';

/** Words of an answer that the scripted judge goes by: the n-th has quality n. */
const QUALITIES = ['awful', 'poor', 'fair', 'good', 'superb'] as const;

/** What every policy of the scripted server is worth: the judge's score of its answers. */
export const TRUE_SCORES = { awful: 1, poor: 3, fair: 5, good: 7, superb: 9 } as const;

/** Writes tasks t-0, t-1, ... in upstream field names; even ones are of mathematics, odd ones of planning. */
export async function writeTasks(path: string, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, index) => ({
    session_id: `t-${index}`,
    conversation_input: [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hello, what can I do for you?' },
      { role: 'user', content: `Talk about topic-${index}.` },
    ],
    checklist: ['Is it about the topic?'],
    primary_tag: index % 2 === 0 ? 'Math' : 'Planning',
    secondary_tags: [],
  }));
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

/** The topic that a prompt is about. */
export function topicOf(prompt: string): string {
  return /topic-\d+/.exec(prompt)?.[0] ?? 'nothing';
}

/**
 * A judge that knows the truth: it scores an answer by the word in it, and compares two answers by theirs. Much better is a
 * difference of two steps or more.
 */
export function judgeTruly(prompt: string): string | undefined {
  const single = blockAfter(prompt, 'The answer to grade');
  if (single !== undefined) {
    const quality = QUALITIES[qualityOf(single)] ?? 'awful';
    return JSON.stringify({ strengths: `it is ${quality}`, weaknesses: 'none', score: String(TRUE_SCORES[quality]) });
  }
  const a = blockAfter(prompt, 'Answer A');
  const b = blockAfter(prompt, 'Answer B');
  if (a === undefined || b === undefined) return undefined;
  const difference = qualityOf(a) - qualityOf(b);
  const marks = Math.abs(difference) > 1 ? '++' : '+';
  const choice = difference === 0 ? 'A=B' : `${difference > 0 ? 'A' : 'B'}${marks}`;
  return JSON.stringify({
    'analysis of A': a.trim(),
    'analysis of B': b.trim(),
    'reason of A=B': 'length',
    'reason of A>B': 'words',
    'reason of B>A': 'words',
    choice,
  });
}

function qualityOf(answer: string): number {
  return QUALITIES.findIndex((word) => answer.includes(word));
}

/** The quoted block below a heading of a judge's prompt. */
function blockAfter(prompt: string, heading: string): string | undefined {
  return new RegExp(`## ${heading}\\n\\n\`\`\`text\\n([\\s\\S]*?)\\n\`\`\``).exec(prompt)?.[1];
}

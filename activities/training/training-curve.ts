import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrainerEvent } from '../../clients/trainer.ts';

/** A step of a training. */
export type StepEvent = Extract<TrainerEvent, { event: 'step' }>;

/** Step events of all attempts, one a step: a step that was repeated after a resume counts as it was last run. */
export async function readCurve(outputDir: string): Promise<readonly StepEvent[]> {
  const steps = new Map<number, StepEvent>();
  for (const line of (await readFile(join(outputDir, 'events.jsonl'), 'utf8')).split('\n')) {
    const event = parseEvent(line);
    if (event?.event === 'step') steps.set(event.step, event);
  }
  return [...steps.values()].toSorted((a, b) => a.step - b.step);
}

function parseEvent(line: string): TrainerEvent | undefined {
  try {
    return JSON.parse(line) as TrainerEvent;
  } catch {
    return undefined; // a line torn by a kill
  }
}

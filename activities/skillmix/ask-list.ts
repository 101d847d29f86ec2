import type { SamplingParameters } from '../../clients/model-server.ts';
import { isWhole } from '../../domain/completion.ts';
import { callSeed } from '../../domain/random.ts';
import type { AskedReply } from '../../domain/skillmix/extraction.ts';
import { finishWhatIsPaid, isRefused } from '../calls/paid-calls.ts';
import type { TeacherRequest } from './seats.ts';
import { askTeacher, type TeacherCalls } from './teacher-calls.ts';

/** What the calls for an inventory share. */
export interface ListCalls {
  readonly teacher: TeacherCalls;
  readonly seed: number;
  readonly sampling: SamplingParameters;
  /** How names are asked for. */
  readonly output: 'lines' | 'json';
  readonly attempts: number;
  /** Is told how many lists are wanted, as soon as that is known. */
  readonly plan: (lists: number) => void;
  /** Is told of each list that was had or given up. */
  readonly finish: () => void;
  readonly log: (reply: AskedReply) => void;
}

/** One list to be had. */
export interface ListTask<Entries> {
  readonly step: AskedReply['step'];
  readonly subject: string;
  readonly content: string;
  /** JSON schema that the reply has to follow. */
  readonly jsonSchema?: TeacherRequest['jsonSchema'];
  readonly read: (reply: string) => Entries;
  /** How many entries were read; none is no list. */
  readonly size: (entries: Entries) => number;
}

/** Asks for a list until something can be read, each time with a new seed; `null` where nothing ever could. */
export async function askList<Entries>(
  { teacher, seed, sampling, attempts, log }: ListCalls,
  { step, subject, content, jsonSchema, read, size }: ListTask<Entries>,
): Promise<Entries | null> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const callsSeed = callSeed({ seed, stage: `skillmix-${step}`, round: 0, promptId: subject, sampleIndex: attempt });
    const answer = await askTeacher(teacher, {
      messages: [{ role: 'user', content }],
      seed: callsSeed,
      sampling,
      ...(jsonSchema === undefined ? {} : { jsonSchema }),
    });
    const entry = { step, subject, attempt, seed: callsSeed };
    if (isRefused(answer)) {
      log({ ...entry, text: null, finishReason: null, entries: 0 });
      return null;
    }
    // The last entry of a list that was broken off may be half a name.
    const whole = isWhole(answer.finishReason) ? answer.text : dropLastLine(answer.text);
    const entries = read(whole);
    log({ ...entry, text: answer.text, finishReason: answer.finishReason, entries: size(entries) });
    if (size(entries) > 0) return entries;
  }
  return null;
}

/** Works in the teacher's lane, for one list a task. */
export function inLane<Task, Result>(
  { teacher, finish }: ListCalls,
  tasks: readonly Task[],
  work: (task: Task) => Promise<Result>,
): Promise<readonly Result[]> {
  return finishWhatIsPaid(
    teacher.seat.lane,
    tasks,
    async (task) => {
      const result = await work(task);
      finish();
      return result;
    },
    teacher.signal,
  );
}

function dropLastLine(text: string): string {
  return text.slice(0, Math.max(0, text.trimEnd().lastIndexOf('\n')));
}

import type { PromptRow } from '../prompt.ts';
import type { WildBenchTask } from './task.ts';

/** A task as a run stores it: a prompt with tags, so that what works on prompts works on tasks. */
export type TaskRow = PromptRow & Pick<WildBenchTask, 'primaryTag' | 'secondaryTags' | 'groups'>;

/** Makes a row of a task. */
export function rowOfTask({
  sessionId,
  messages,
  checklist,
  primaryTag,
  secondaryTags,
  groups,
}: WildBenchTask): TaskRow {
  return {
    promptId: sessionId,
    messages,
    checklist: checklist.map((question) => ({ question })),
    primaryTag,
    secondaryTags,
    groups,
  };
}

/** Makes a task of a row. */
export function taskOfRow({
  promptId,
  messages,
  checklist,
  primaryTag,
  secondaryTags,
  groups,
}: TaskRow): WildBenchTask {
  return {
    sessionId: promptId,
    messages,
    checklist: checklist.map(({ question }) => question),
    primaryTag,
    secondaryTags,
    groups,
  };
}

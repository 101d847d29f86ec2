import type { TemplateField } from '../fill-template.ts';
import { cutWords } from './cut-words.ts';
import type { WildBenchTask } from './task.ts';

/** The parts of a judge's prompt that both metrics share. */
export interface TaskFields {
  readonly history: TemplateField;
  readonly query: TemplateField;
  readonly checklist: TemplateField;
}

/** Shows a task to the judge: all turns but the last as history, the last as the query, the checklist as a list. */
export function showTask({ messages, checklist }: WildBenchTask, maxWords: number): TaskFields {
  const history = messages
    .slice(0, -1)
    .map(({ role, content }) => `${role.toUpperCase()}: ${content}\n\n`)
    .join('');
  return {
    history: history === '' ? { plain: 'There are none.' } : { quoted: cutWords(history, maxWords).text },
    query: { quoted: cutWords(messages.at(-1)?.content ?? '', maxWords).text },
    checklist: { quoted: checklist.map((item) => `- ${item}`).join('\n') },
  };
}

const ADVICE: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [
    /\/(?:no-labels|no-instruction|no-response|malformed|placeholder)$/,
    'The teacher does not keep to the layout: name a larger teacher, or set generation.output to json.',
  ],
  [/\/cut$/, 'Replies reach the length limit: raise sampling.maxTokens or lower generation.responseWords.'],
  [
    /\/looped$/,
    'The server ended replies because they loop: raise sampling.temperature or sampling.repetitionPenalty, or allow more in sampling.repetitionDetection.',
  ],
  [
    /\/unfinished$/,
    'Replies end in a filter or without a known reason: look at them in the report, raise sampling.temperature, or check what the server calls a regular end.',
  ],
  [
    /\/too-long$/,
    'Chats outgrow the context: serve a longer one, lower sampling.maxTokens or generation.critiqueMaxTokens.',
  ],
  [/\/cannot-combine$/, 'The teacher finds the combinations implausible: lower draw.skills, or look at the inventory.'],
  [/\/apology$/, 'The teacher refuses: look at its replies in the report, and name another teacher.'],
  [/^duplicate$/, 'The teacher writes the same messages again: raise sampling.temperature, or add skills.'],
];

/** What to do about the commonest reason why pairs could not be had. */
export function adviseOnFailure(failed: string): string {
  return ADVICE.find(([pattern]) => pattern.test(failed))?.[1] ?? 'The report shows the replies.';
}

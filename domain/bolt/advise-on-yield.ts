import type { SampleFate } from './yields.ts';

/** What to do about the commonest fault of a stage with a poor yield, for its report. */
export function adviseOnYield(fault: SampleFate): string {
  return ADVICE[fault];
}

const LAYOUT =
  'The model does not keep to the layout of the examples. The paper met this with an 8B model and used a 70B one: bootstrap with a larger model, show more examples, lower the temperature, or let the server hold it to the layout with bootstrap.guide.';
const CUT =
  'Responses run into the token limit: raise sampling.maxTokens, or the context that the server is started with.';

const ADVICE: Readonly<Record<SampleFate, string>> = {
  failed: 'Calls failed: look at the server before anything is concluded about the model.',
  order: LAYOUT,
  no_open: LAYOUT,
  multiple: LAYOUT,
  no_close: LAYOUT,
  empty_thought: LAYOUT,
  empty_solution: LAYOUT,
  thought_truncated: CUT,
  solution_truncated: CUT,
  template_marker:
    "The model writes marks of a chat template: check that the server uses the model's own template and stop tokens.",
  prompt_echo: 'The model copies the examples: bootstrap with a larger model, or show fewer examples.',
  repetition: 'The model runs in circles: raise the temperature or the repetition penalty, or use a larger model.',
  language:
    'Solutions are not in the language of their query: restrict curation.languages, or set bootstrap.format.sameLanguage to false.',
  leak: 'Solutions lean on the thoughts: use a model that follows instructions better, or raise bootstrap.format.maxOverlap if they only repeat a draft.',
  too_short:
    'Thoughts or solutions are shorter than the floor: the model answers at once. Use harder queries, or lower the floor if it is right to be brief.',
  too_long: 'Thoughts or solutions are longer than the ceiling: raise it as far as the length of training rows allows.',
  unscored: 'The scorer gave no number: look at its replies and limits.',
  'below-cut': 'Most valid responses are below the cut: the scores are close together or the percentile is high.',
  'not-best': 'Nothing is wrong: one response a query is kept.',
  selected: 'Nothing is wrong.',
};

/** Models whose queries the authors clean up. */
export type SanitiserFamily = 'gemma-2' | 'llama-3';

/** A cleaned query and the rule that cleaned it. */
export interface SanitisedQuery {
  readonly query: string;
  readonly rule: string;
}

const NUMBERED_LABEL = /^(?:\*\*|#+ *)?(?:question \d+[:.]|part \d+:|q\d+[.:])(?:\*\*)?\s*/i;
const LABEL =
  /^(?:\*\*|#+ *)?(?:task|prompt|original prompt|question|(?:the )?problem|(?:the )?scenario|(?:the )?situation|context|challenge|query|request|instructions?|descriptions?)(?::\*\*|\*\*:?|:)\s*/i;
const BOLD_LABEL =
  /^\*\*(?:task|prompt|original prompt|question|(?:the )?problem|(?:the )?scenario|(?:the )?situation|context|challenge|query|request|instructions?|descriptions?)\*\*:?\s*/i;
const ENUMERATOR = /^(?:\d+[.)]|[a-z]\))\s+/i;
// The authors' pattern asks for a second colon, so that "Answer: 4" slips through, and fits anywhere in a sentence, where
// "Please give an explanation: how do vaccines work?" is no answer. This one stands at a line's start or after a sentence.
const ANSWER =
  /(?:^|\n[ \t]*|(?<=[.!?。！？]["'”’)*]*)[ \t]+)(?:\*\*|#+ *)?(?:correct )?(?:answers?|explanations?|solutions?)\s*(?:\*\*)?:/i;
const STEP_HEADING = /(?:^|\n)#+ *step 1\b/i;

/**
 * Cleans a query of a model that writes more than a query; the first rule that fits decides.
 *
 * It is lossy where a query has several sentences: everything after the first question mark goes. The query as it was drawn
 * is kept beside it.
 *
 * @source magpie-align/magpie exp/str_utils.py, with its answer pattern and its `<b>` branch mended
 */
export function sanitiseQuery(raw: string, family: SanitiserFamily): SanitisedQuery {
  const { query, rule } = applyRules(stripLabels(raw.trim()), family);
  return { query: stripLabels(query.trim()), rule };
}

function applyRules(text: string, family: SanitiserFamily): SanitisedQuery {
  const question = text.indexOf('?');
  const toQuestion = text.slice(0, question + 1);
  const [firstLine = ''] = text.split('\n');
  if (text.startsWith('*') && question !== -1) return { query: toQuestion.replaceAll('*', ''), rule: '1' };
  if (text.startsWith('"')) {
    return question === -1
      ? { query: firstLine.replaceAll('"', ''), rule: '2.2' }
      : { query: toQuestion.replaceAll('"', ''), rule: '2.1' };
  }
  if (text.startsWith('<b>')) return { query: text.replaceAll(/<\/?b>/g, ''), rule: '3' };
  const answer = text.search(ANSWER);
  if (answer > 0) return { query: text.slice(0, answer), rule: '4' };
  const step = family === 'llama-3' ? text.search(STEP_HEADING) : -1;
  if (step > 0) return { query: text.slice(0, step), rule: '5' };
  const [colon, rest] = family === 'llama-3' ? ['6', '99'] : ['5', '6'];
  if (firstLine.trimEnd().endsWith(':')) {
    const heading = text.indexOf('#');
    if (heading > 0) return { query: text.slice(0, heading), rule: `${colon}.1` };
    if (question !== -1) return { query: toQuestion, rule: `${colon}.2` };
    return { query: firstLine, rule: `${colon}.3` };
  }
  return question === -1 ? { query: firstLine, rule: `${rest}.2` } : { query: toQuestion, rule: `${rest}.1` };
}

function stripLabels(text: string): string {
  return text.replace(ENUMERATOR, '').replace(NUMBERED_LABEL, '').replace(BOLD_LABEL, '').replace(LABEL, '').trim();
}

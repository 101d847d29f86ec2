/** Words by which a question says that something is absent or limited. */
const NEGATION =
  /\b(?:not|no|none|never|nothing|without|avoids?|avoided|avoiding|refrains?|refrained|free (?:of|from)|excludes?|excluding|omits?|omitted|absent|absence|instead of|rather than|other than|only|solely|exclusively|lacks?|leaves? out|keeps? out|stays? away)\b|n['’]t\b/i;

/** A prohibition and what it forbids, to the end of its clause. */
const PROHIBITION =
  /\b(?:do not|don['’]t|does not|must not|mustn['’]t|should not|shouldn['’]t|may not|can ?not|can['’]t|never|avoid|avoiding|refrain from|refraining from|without|omit|omitting|exclude|excluding|leave out|leaving out|(?:with|use|using|include|including|contain|containing)\s+no)\s+([^.,;:!?\n()]{2,120})/gi;

/** A limit is no prohibition: "do not use more than 100 words" allows words. */
const LIMIT =
  /\b(?:more|less|fewer|longer|shorter|over|under|above|below|exceed\w*|until|unless|except|only|just|than|too|\d+)\b/i;

const PRESENCE =
  /\b(?:mention|use|include|contain|have|has|state|refer|discuss|reveal|name|give|provide|add|describe|list|say|talk|show|feature|employ|incorporate|make use|there)\w*\b/i;

const CLAUSE_END = /\b(?:and|or|but|because|since|so that|when|while|if|in (?:the|your|its)|anywhere|at all)\b/i;

/** Faults that no instruction asks for: YES to them is bad. */
const FAULT =
  /^(?:does|do|did|is|are|has|have)\s+(?:the |this |its |it |any )?(?:[\w-]+ ){0,2}?(?:fails? to|failed to|violates?|violated|breaks? (?:the|any)|lacks?|miss(?:es)?\b|missing|ignores?|ignored|contains? (?:any |some )?(?:[\w-]+ ){0,2}(?:errors?|mistakes?|typos?|inaccuracies|omissions?))\b/i;

const STOP_WORDS = new Set(
  'a an the any all of to in on for with by from at as it its your you that this these those is are be been being such kind kinds sort form forms other word words phrase phrases term terms thing things'.split(
    ' ',
  ),
);

/**
 * True when YES to the question would mean that the instruction was broken: it asks whether something is there that the
 * instruction forbids ("Does it mention the price?" after "do not mention the price"), or asks for a fault. A heuristic for
 * English that rather misses a case than rejects a good question.
 */
export function hasWrongPolarity(question: string, instruction: string): boolean {
  if (NEGATION.test(question)) return asksForFault(question, instruction);
  return asksForFault(question, instruction) || asksForForbidden(question, instruction);
}

function asksForFault(question: string, instruction: string): boolean {
  const fault = FAULT.exec(question);
  if (fault === null) return false;
  const last = stem(fault[0].split(/\s+/).at(-1) ?? '');
  // "Write a sentence with three mistakes": there the fault is asked for.
  return !contentStems(instruction).has(last);
}

function asksForForbidden(question: string, instruction: string): boolean {
  const asked = contentStems(question);
  return [...instruction.matchAll(PROHIBITION)].some(([, clause = '']) => {
    if (LIMIT.test(clause)) return false;
    const forbidden = [...contentStems(clause.split(CLAUSE_END)[0] ?? '')];
    const [first = '', ...rest] = forbidden;
    // "do not mention the price": a verb and its object; "without commas": the object alone.
    const isVerb = PRESENCE.test(clause.split(/\s+/)[0] ?? '');
    const object = isVerb ? rest : forbidden;
    if (object.length === 0) return false;
    return object.every((word) => asked.has(word)) && (PRESENCE.test(question) || (isVerb && asked.has(first)));
  });
}

function contentStems(text: string): ReadonlySet<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(words.filter((word) => !STOP_WORDS.has(word)).map((word) => stem(word)));
}

/** Cuts the endings of plurals and verb forms; both sides are cut alike, so it need not be right, only the same. */
function stem(word: string): string {
  return word.length <= 3 ? word : word.replace(/(?:ing|ies|ied|ed|es|s|e|y)$/, '');
}

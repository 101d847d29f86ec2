const OPENER = '(?:is|are|was|were|does|do|did|has|have|had|can|could|will|would|should|shall|must|may|might)';

/** A condition may come first: "If a price is named, is it in euros?" */
const CONDITION =
  '(?:(?:if|when|where|according|considering|wherever|whenever|for|in|within|after|before|throughout|given|on|at|with|apart|besides|overall|despite|unless|while|as)\\b[^?]*?,\\s*)?';

/** An explanation in brackets may follow the question mark. */
const YES_NO = new RegExp(`^${CONDITION}${OPENER}\\b[^?]*\\S.*\\?(?:\\s*\\([^()]+\\))?$`, 'i');

const CONJUNCTS = new RegExp(
  `\\b(?:and|or)\\s+(?:also\\s+)?(?:${OPENER}|avoid|contain|describe|end|explain|follow|give|include|keep|list|mention|name|provide|start|state|use)\\b|\\bas well as\\b|\\bwhile also\\b|\\?.*\\?$`,
  'i',
);

/** True for a question that yes or no answers, in English: it opens with a form of be, do, have or a modal verb. */
export function isYesNoQuestion(question: string): boolean {
  return YES_NO.test(question);
}

/** True when a question seems to ask for two things: half of it can be met, and neither yes nor no is right then. */
export function isCompound(question: string): boolean {
  return CONJUNCTS.test(question);
}

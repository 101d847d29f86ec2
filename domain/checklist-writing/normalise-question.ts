const SUBJECT = /\b(?:(?:generated|given|final|model)\s+)?(?:response|answer|output|reply|text|completion)\b/g;
const FILLER = /\b(?:the|a|an|this|that|its)\b/g;

/** A question reduced to what it asks: two questions that differ in case, punctuation or articles only become equal. */
export function normaliseQuestion(question: string): string {
  return question
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\p{P}\p{S}]+/gu, ' ')
    .replace(SUBJECT, 'answer')
    .replace(FILLER, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

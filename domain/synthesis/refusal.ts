/** Whatever a reply says later, a refusal says it first. */
const OPENING_CHARS = 240;

const CANNOT = String.raw`(?:can(?:no|['’])t|can not|won['’]t|will not|(?:am |are |['’]m |['’]re )?(?:unable to|not able to|not comfortable))`;
/** What is refused: "I can't wait to show you" is no refusal. */
const DEED = String.raw`(?:help|assist|provide|fulfil|answer|comply|create|write|generate|support|engage|discuss|share|offer|give|continue|complete|do|access|recommend|respond|process|perform)\b`;

const REFUSAL = new RegExp(
  [
    String.raw`\b(?:I|we) ?${CANNOT} (?:\w+ )?${DEED}`,
    String.raw`\b(?:I|we) (?:must|have to) decline\b`,
    String.raw`\b(?:I['’]m|I am)(?: very| truly| really)? (?:sorry|afraid)\b[^.!?]{0,60}\b${CANNOT}`,
    String.raw`\bas an (?:AI|artificial intelligence)\b[^.!?]{0,80}\b(?:${CANNOT}|do(?:n['’]t| not)|am not)`,
  ].join('|'),
  'i',
);

/** Whether a reply begins by declining to answer; English only. */
export function isRefusal(reply: string): boolean {
  return REFUSAL.test(reply.trim().slice(0, OPENING_CHARS));
}

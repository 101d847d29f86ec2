const LAST_CLOSING = /^[\s\S]*<\/think(?:ing)?>/i;
const OPENING = /^\s*<think(?:ing)?>/i;

/**
 * What a reasoning model says after its thoughts; empty when the thoughts never ended. A verdict that was only thought of
 * is no verdict. The opening tag may be missing: some chat templates write it into the prompt.
 */
export function stripThoughts(reply: string): string {
  const rest = reply.replace(LAST_CLOSING, '');
  return rest === reply && OPENING.test(reply) ? '' : rest;
}

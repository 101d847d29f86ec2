const ROLE_LINE = /^\s*(?:user|human|assistant|model|system)\s*:?\s*$/i;

/** Cuts a query at a line that is nothing but the name of a role, and strips it. */
export function trimQuery(text: string): string {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => ROLE_LINE.test(line));
  return (end === -1 ? lines : lines.slice(0, end)).join('\n').trim();
}

// Control characters break documents, and bidi overrides let a text reorder what stands around it.
const UNSEEN = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const LONGEST_CELL = 200;
const SHORTEST_FENCE = 3;

/** Text that Markdown shows as it is: one line, no markup, no HTML. */
export function escapeMarkdown(text: string): string {
  const line = text.replace(UNSEEN, ' ');
  const shown = line.length > LONGEST_CELL ? `${line.slice(0, LONGEST_CELL)}…` : line;
  return shown
    .replace(/[\\`*_{}[\]()#+!|~$^:]/g, String.raw`\$&`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** A code block that the text cannot close. */
export function fenceMarkdown(text: string, language: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(Math.max(SHORTEST_FENCE, longest + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

/** A table; its cells are escaped. */
export function markdownTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) =>
    `| ${cells.map((cell) => (typeof cell === 'number' ? cell.toString() : escapeMarkdown(cell))).join(' | ')} |`;
  const rule = `| ${head.map(() => '---').join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

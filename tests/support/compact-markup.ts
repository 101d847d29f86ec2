/** How often a text holds a part. */
export function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** Markup without the line ends and indentation of the templates, which mean nothing to a reader. */
export function compactMarkup(markup: string): string {
  return markup
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\s*(\/?>)/g, '$1')
    .replace(/>\s+</g, '><');
}

/** Markup that is known to be safe: only `html` makes it, so data can never pass for it. */
class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Safe markup, as made by `html`. */
export type Html = Markup;

/** What may stand in an `html` template: text is escaped, markup is kept, `null` is nothing. */
export type HtmlValue = string | number | null | Html | readonly HtmlValue[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

// Control characters break documents, and bidi overrides let a completion reorder the text around it.
const UNSEEN = /(?![\t\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** Escapes text for element content and quoted attributes; control and bidi characters become a visible `[U+202E]`. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(/[&<>"'`]/g, (character) => ENTITIES[character] ?? '')
    .replace(UNSEEN, (character) => `[U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}]`);
}

/** Tagged template of safe markup: every value that is not markup itself is escaped. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const parts = strings.map((literal, index) => {
    const value = values[index];
    return value === undefined ? literal : literal + toMarkup(value);
  });
  return new Markup(parts.join(''));
}

function toMarkup(value: HtmlValue): string {
  if (value === null) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map((entry) => toMarkup(entry)).join('');
  return escapeHtml(String(value));
}

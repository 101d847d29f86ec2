import { html, type HtmlValue } from '../html.ts';
import { REPORT_STYLE } from './style.ts';

/**
 * One HTML file: no script, nothing loaded, and a policy that would refuse both.
 *
 * @param style rules of the page's own, beside the common ones; ours, never a user's
 */
export function renderPage({
  title,
  content,
  style = '',
}: {
  readonly title: string;
  readonly content: HtmlValue;
  readonly style?: string;
}): string {
  // The style sheet is ours and holds `>` and quotes that escaping would break, so it is put in after the template.
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        <style></style>
      </head>
      <body>
        <main>${content}</main>
      </body>
    </html> `;
  return page.text.replace('<style></style>', () => `<style>${REPORT_STYLE}${style}</style>`);
}

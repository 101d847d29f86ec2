import { html, type Html, type HtmlValue } from '../html.ts';

/** The first 12 digits of a hash; the whole one shows on hover and lies in the artifact's manifest. */
export function shortHash(hash: string): Html {
  return html`<code title="${hash}">${hash.slice(0, 12)}</code>`;
}

/** A table that scrolls sideways by itself, by mouse or keyboard, so that the page never does. */
export function table(caption: string, head: readonly string[], body: HtmlValue): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${head.map((name) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      ${body}
    </table>
  </div>`;
}

/** One row: its name, then its values. */
export function row(name: HtmlValue, values: readonly HtmlValue[]): Html {
  return html`<tr>
    <th scope="row">${name}</th>
    ${values.map((value) => html`<td>${value}</td>`)}
  </tr> `;
}

/** Rows below each other as the body of a table. */
export function tableBody(rows: readonly Html[]): Html {
  return html`<tbody>
    ${rows}
  </tbody>`;
}

/** Rows under a heading of their own, inside a table of so many columns. */
export function rowGroup(title: string, columns: number, rows: readonly Html[]): Html {
  return html`<tbody>
    <tr class="group">
      <th scope="rowgroup" colspan="${columns}">${title}</th>
    </tr>
    ${rows}
  </tbody>`;
}

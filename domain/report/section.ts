import { html, type Html, type HtmlValue } from '../html.ts';

/** A headed part of the page; without content it says why there is none. */
export function section(title: string, content: HtmlValue, whenEmpty: string): Html {
  return html`<section>
    <h2>${title}</h2>
    ${content ?? html`<p class="quiet">${whenEmpty}</p>`}
  </section>`;
}

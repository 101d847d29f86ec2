import type { RowOrigin } from './synthesis-row.ts';

/** How a query was drawn, in words: queries of one cell of the mix have one description. */
export function describeDraw(origin: RowOrigin): string {
  const { temperature, topP } = origin;
  const minP = origin.method === 'magpie' ? (origin.minP ?? 0) : 0;
  return `temperature ${temperature}, top-p ${topP}${minP > 0 ? `, min-p ${minP}` : ''}`;
}

/** Milliseconds that a `Retry-After` header asks for, as seconds or as an HTTP date; `undefined` when it says neither. */
export function parseRetryAfterMs(header: string | null | undefined): number | undefined {
  const text = header?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - Date.now());
}

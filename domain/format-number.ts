/** What stands where a number is missing: never 0. */
export const NOT_REPORTED = 'not reported';

/** A count with thin separators (`12,345`), or `not reported`. */
export function formatCount(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return NOT_REPORTED;
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A number with fixed decimals, or `not reported`. Never writes `-0.00`. */
export function formatNumber(value: number | null, decimals: number): string {
  if (value === null || !Number.isFinite(value)) return NOT_REPORTED;
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace('-', '') : text;
}

/** A stretch of time in its two largest units (`1 h 04 min`, `3 min 12 s`, `8 s`), or `not reported`. */
export function formatSeconds(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return NOT_REPORTED;
  const whole = Math.max(0, Math.round(seconds));
  const pad = (value: number): string => String(value).padStart(2, '0');
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
  if (whole >= 60) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${whole} s`;
}

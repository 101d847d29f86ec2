import type { JsonValue } from '../canonical-json.ts';

/** Fields of a config that say where something is, not what it is. */
const PLACES: ReadonlySet<string> = new Set([
  'baseUrl',
  'url',
  'path',
  'modelPath',
  'apiKeyEnv',
  'timeoutMs',
  'callsInFlight',
]);

/** How an address begins, or a folder that is named from the root, the home, the drive or where the worker stands. */
const PLACE = /^\s*(?:[A-Za-z][A-Za-z0-9+.-]*:\/\/|[/\\~]|\.{1,2}[/\\]|[A-Za-z]:[/\\])/;
/** What an address says beside its path: whose server it is, and a key that may stand in its query. */
const AUTHORITY = /^\s*[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*/;
const QUERY = /[?#].*$/s;

/** A model's name as others may know it: of a folder only its last part, for a server may name a model by its path. */
export function publicModelName(name: string): string {
  if (!PLACE.test(name)) return name;
  const path = AUTHORITY.test(name) ? name.replace(AUTHORITY, '').replace(QUERY, '') : name;
  return path.split(/[/\\]/).findLast((part) => part.trim() !== '') ?? 'unnamed';
}

/** A `policyStamp` as others may know it. */
export function publicStamp(stamp: string): string {
  const [, kind = '', name = ''] = /^(base:)?(.*)$/s.exec(stamp) ?? [];
  return `${kind}${publicModelName(name)}`;
}

/** A string of a config; a regular expression between slashes is no folder. */
function publicText(text: string): string {
  return /^\/[\^(].*\/[a-z]*$/s.test(text) ? text : publicModelName(text);
}

/** A part of a config without addresses, folders and names of keys. */
export function publicSettings(value: JsonValue): JsonValue {
  if (typeof value === 'string') return publicText(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((entry: JsonValue) => publicSettings(entry));
  return Object.fromEntries(
    Object.entries(value)
      .filter((entry): entry is [string, JsonValue] => !PLACES.has(entry[0]) && entry[1] !== undefined)
      .map(([field, entry]) => [field, publicSettings(entry)]),
  );
}

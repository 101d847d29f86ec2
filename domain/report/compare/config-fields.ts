import { canonicalJson, type JsonValue } from '../../canonical-json.ts';

/** Fields that say where a run took place, not what it did. */
const PLACES = /^(?:store|temporal|limits|shards)\.|^policy\.(?:baseUrl|timeoutMs|callsInFlight)$/;

/** The fields of a config by their dotted names, values as canonical JSON, without those that say where the run took place. */
export function configFields(config: JsonValue): ReadonlyMap<string, string> {
  return new Map(flatten(config, '').filter(([field]) => !PLACES.test(field)));
}

function flatten(value: JsonValue | undefined, path: string): readonly (readonly [field: string, value: string])[] {
  if (value === undefined) return [];
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [[path, canonicalJson(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, path === '' ? key : `${path}.${key}`));
}

import { createHash } from 'node:crypto';
import { canonicalJson, type JsonValue } from '../domain/canonical-json.ts';

/** The sha256 of a text (as UTF-8) or of bytes, in hex. */
export function sha256Hex(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The sha256 of a value's canonical JSON, in hex: equal values have equal hashes, whatever the order of their keys. */
export function hashJson(value: JsonValue): string {
  return sha256Hex(canonicalJson(value));
}

import { canonicalJson, type JsonValue } from '../../domain/canonical-json.ts';
import { sha256Hex } from '../content-hash.ts';

/** What one line of a ledger says about the call with that key. */
export type LedgerEntry =
  | { readonly kind: 'start'; readonly key: string }
  | { readonly kind: 'answer'; readonly key: string; readonly answer: JsonValue }
  | { readonly kind: 'failure'; readonly key: string; readonly code: string };

const CHECKSUM_LENGTH = 12;

function checksum(canonicalAnswer: string): string {
  return sha256Hex(canonicalAnswer).slice(0, CHECKSUM_LENGTH);
}

/** One line of JSON with its newline. @throws RangeError for an answer that JSON cannot hold. */
export function formatLedgerLine(entry: LedgerEntry): string {
  const key = JSON.stringify(entry.key);
  switch (entry.kind) {
    case 'start':
      return `{"k":${key},"s":1}\n`;
    case 'failure':
      return `{"k":${key},"f":${JSON.stringify(entry.code)}}\n`;
    case 'answer': {
      const answer = canonicalJson(entry.answer);
      return `{"k":${key},"a":${answer},"h":"${checksum(answer)}"}\n`;
    }
  }
}

/** Reads a line without its newline; `undefined` for one that is torn or damaged. */
export function parseLedgerLine(line: string): LedgerEntry | undefined {
  let value: { k?: unknown; s?: unknown; a?: JsonValue; h?: unknown; f?: unknown } | null;
  try {
    value = JSON.parse(line) as typeof value;
  } catch {
    return undefined;
  }
  const key = value?.k;
  if (value === null || typeof key !== 'string') return undefined;
  if (value.s === 1) return { kind: 'start', key };
  if (typeof value.f === 'string') return { kind: 'failure', key, code: value.f };
  if (value.a === undefined || value.h !== checksum(canonicalJson(value.a))) return undefined;
  return { kind: 'answer', key, answer: value.a };
}

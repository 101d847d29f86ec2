import type { JsonValue } from '../canonical-json.ts';
import { DataError } from '../errors.ts';

/** What a column, a field of it or an element of it holds; any of them may be `null`. */
export type ColumnType =
  | { readonly kind: 'string' | 'boolean' | 'integer' | 'double' }
  | { readonly kind: 'list'; readonly element: ColumnType }
  | { readonly kind: 'struct'; readonly fields: ColumnTypes };

/** Types by name, in order. */
export type ColumnTypes = ReadonlyMap<string, ColumnType>;

/** A row as a table has it. */
export interface TableRow {
  readonly [column: string]: JsonValue | undefined;
}

/** Whole numbers in these stand for fractions: all files of a kind have to have one type. */
const FRACTIONS: ReadonlySet<string> = new Set([
  'temperature',
  'top_p',
  'min_neighbor_distance',
  'instruct_reward',
  'base_reward',
  'reward_difference',
  'score',
  'reward',
  'margin',
  'chosenReward',
  'rejectedReward',
  'largestItemGap',
]);

/** Learns the columns of rows that come one after the other, and holds none of the rows. */
export interface ColumnFinder {
  /** @throws DataError `data/invalid-row` for a column that holds values of two kinds */
  add(row: TableRow): void;
  /** In the order in which they came up; one that is `null` in every row is left out. */
  result(): ColumnTypes;
}

/** Knows no column yet. */
export function createColumnFinder(): ColumnFinder {
  let found: Found = null;
  return {
    add(row) {
      found = merge('row', found, typeOf('row', row));
    },
    result: () => (found?.kind === 'struct' ? settleFields(found.fields) : new Map()),
  };
}

/** The rows with every column in each, `null` where a row has none: what a reader of the files gets. */
export function alignRows(rows: readonly TableRow[], columns: ColumnTypes): readonly TableRow[] {
  return rows.map((row) => alignFields(row, columns));
}

/** `null`: nothing but nulls so far. */
type Found =
  | null
  | { readonly kind: 'string' | 'boolean' | 'integer' | 'double' }
  | { readonly kind: 'list'; readonly element: Found }
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, Found> };

function typeOf(name: string, value: JsonValue | undefined): Found {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return { kind: 'string' };
  if (typeof value === 'boolean') return { kind: 'boolean' };
  if (typeof value === 'number') {
    return { kind: Number.isSafeInteger(value) && !FRACTIONS.has(name) ? 'integer' : 'double' };
  }
  if (isList(value)) {
    return {
      kind: 'list',
      element: value.reduce<Found>((type, entry) => merge(name, type, typeOf(name, entry)), null),
    };
  }
  return {
    kind: 'struct',
    fields: new Map(Object.entries(value).map(([field, entry]) => [field, typeOf(field, entry)])),
  };
}

function merge(name: string, a: Found, b: Found): Found {
  if (a === null || b === null) return a ?? b;
  if (a.kind === 'list' && b.kind === 'list') return { kind: 'list', element: merge(name, a.element, b.element) };
  if (a.kind === 'struct' && b.kind === 'struct') {
    const names = new Set([...a.fields.keys(), ...b.fields.keys()]);
    return {
      kind: 'struct',
      fields: new Map(
        [...names].map((field) => [field, merge(field, a.fields.get(field) ?? null, b.fields.get(field) ?? null)]),
      ),
    };
  }
  if (a.kind === b.kind) return a;
  const kinds = new Set([a.kind, b.kind]);
  if (kinds.has('integer') && kinds.has('double')) return { kind: 'double' };
  throw new DataError(
    'data/invalid-row',
    `"${name}" is a ${a.kind} in some rows and a ${b.kind} in others, which one column can't hold: these rows were made by different versions.`,
  );
}

function settleFields(fields: ReadonlyMap<string, Found>): ColumnTypes {
  return new Map(
    [...fields].flatMap(([name, found]) => {
      const type = settle(found);
      return type === null ? [] : [[name, type] as const];
    }),
  );
}

function settle(found: Found): ColumnType | null {
  if (found === null) return null;
  // Nothing is known of the elements of lists that are all empty.
  if (found.kind === 'list') return { kind: 'list', element: settle(found.element) ?? { kind: 'string' } };
  if (found.kind !== 'struct') return found;
  const fields = settleFields(found.fields);
  return fields.size === 0 ? null : { kind: 'struct', fields };
}

function alignFields(row: TableRow, columns: ColumnTypes): TableRow {
  return Object.fromEntries([...columns].map(([name, type]) => [name, align(row[name], type)]));
}

function align(value: JsonValue | undefined, type: ColumnType): JsonValue {
  if (value === null || value === undefined) return null;
  if (type.kind === 'list' && isList(value)) return value.map((entry) => align(entry, type.element));
  if (type.kind === 'struct' && typeof value === 'object' && !isList(value)) return alignFields(value, type.fields);
  return value;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

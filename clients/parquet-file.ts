import type { SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { JsonValue } from '../domain/canonical-json.ts';
import type { ColumnType, ColumnTypes, TableRow } from '../domain/dataset-export/column-types.ts';

const SCALARS = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  boolean: { type: 'BOOLEAN' },
  integer: { type: 'INT64' },
  double: { type: 'DOUBLE' },
} as const;

/** A Parquet file of rows that have all columns; lists and structs stay what they are. The same rows give the same bytes. */
export function encodeParquet(rows: readonly TableRow[], columns: ColumnTypes): Uint8Array {
  const columnData = [...columns].map(([name, type]) => ({
    name,
    data: rows.map((row) => toParquet(row[name] ?? null, type)),
  }));
  const schema: SchemaElement[] = [{ name: 'root', num_children: columns.size }, ...elementsOf(columns)];
  return new Uint8Array(parquetWriteBuffer({ columnData, schema, createdBy: 'tickloop' }));
}

function elementsOf(columns: ColumnTypes): SchemaElement[] {
  return [...columns].flatMap(([name, type]) => elementOf(name, type));
}

/** A schema is a list: each group is followed by what it holds. */
function elementOf(name: string, type: ColumnType): SchemaElement[] {
  switch (type.kind) {
    case 'list':
      return [
        {
          name,
          repetition_type: 'OPTIONAL',
          num_children: 1,
          converted_type: 'LIST',
          logical_type: { type: 'LIST' },
        },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        ...elementOf('element', type.element),
      ];
    case 'struct':
      return [{ name, repetition_type: 'OPTIONAL', num_children: type.fields.size }, ...elementsOf(type.fields)];
    default:
      return [{ name, repetition_type: 'OPTIONAL', ...SCALARS[type.kind] }];
  }
}

/** The writer takes 64-bit integers as `bigint`. */
function toParquet(value: JsonValue, type: ColumnType): unknown {
  if (value === null) return null;
  if (type.kind === 'integer') return BigInt(value as number);
  if (type.kind === 'list') return (value as readonly JsonValue[]).map((entry) => toParquet(entry, type.element));
  if (type.kind !== 'struct') return value;
  const row = value as TableRow;
  return Object.fromEntries([...type.fields].map(([name, field]) => [name, toParquet(row[name] ?? null, field)]));
}

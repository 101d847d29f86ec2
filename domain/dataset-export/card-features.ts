import type { ColumnType, ColumnTypes } from './column-types.ts';

const DTYPES = { string: 'string', boolean: 'bool', integer: 'int64', double: 'float64' } as const;

/**
 * The columns as `datasets` declares features, in YAML. Without them its JSON reader guesses types from the first rows, and
 * fails where a column starts with nulls.
 *
 * @source huggingface/datasets, features.py, `Features._to_yaml_list`
 */
export function renderFeatures(columns: ColumnTypes, indent: string): readonly string[] {
  return [...columns].flatMap(([name, type]) => [
    `${indent}- name: ${JSON.stringify(name)}`,
    ...renderType('dtype', type, `${indent}  `),
  ]);
}

function renderType(key: 'dtype' | 'list', type: ColumnType, indent: string): readonly string[] {
  switch (type.kind) {
    case 'list':
      return key === 'list'
        ? [`${indent}list:`, ...renderType('list', type.element, `${indent}  `)]
        : renderType('list', type.element, indent);
    case 'struct':
      return [`${indent}${key === 'list' ? 'list' : 'struct'}:`, ...renderFeatures(type.fields, indent)];
    default:
      return [`${indent}${key}: ${DTYPES[type.kind]}`];
  }
}

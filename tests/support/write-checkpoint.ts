import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Config of a model that has nothing but embeddings. */
export const TINY_CONFIG = {
  architectures: ['LlamaForCausalLM'],
  hidden_size: 2,
  tie_word_embeddings: true,
  vocab_size: 3,
} as const;

export interface CheckpointChanges {
  readonly config?: Readonly<Record<string, unknown>>;
  /** Shapes by name. */
  readonly tensors?: Readonly<Record<string, readonly number[]>>;
  /** Bytes cut off at the end of the file. */
  readonly cutBytes?: number;
}

/** Writes a checkpoint that a server could load if it were larger: a config and float32 tensors, all zeros. */
export async function writeCheckpoint(
  folder: string,
  { config = {}, tensors = { 'model.embed_tokens.weight': [3, 2] }, cutBytes = 0 }: CheckpointChanges = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...TINY_CONFIG, ...config }));
  let end = 0;
  const entries = Object.entries(tensors).map(([name, shape]) => {
    const start = end;
    end += 4 * shape.reduce((product, size) => product * size, 1);
    return [name, { dtype: 'F32', shape, data_offsets: [start, end] }] as const;
  });
  const header = Buffer.from(JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) }));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  const bytes = Buffer.concat([size, header, Buffer.alloc(end)]);
  await writeFile(join(folder, 'model.safetensors'), bytes.subarray(0, bytes.length - cutBytes));
}

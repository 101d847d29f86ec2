import { open } from 'node:fs/promises';
import { z } from 'zod';

const tensor = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});

/** Names may be anything; `__metadata__` is no tensor. */
const header = z.record(z.string(), z.unknown());

const MAX_HEADER_BYTES = 100_000_000;

/**
 * Shapes of the tensors in a safetensors file, by name, as `rows x columns`; the file is checked to hold all their bytes.
 *
 * @throws Error that says what is wrong with the file
 */
export async function readTensorShapes(path: string): Promise<ReadonlyMap<string, string>> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const { buffer: start } = await file.read(Buffer.alloc(8), 0, 8, 0);
    const headerBytes = Number(start.readBigUInt64LE());
    if (headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > size)
      throw new Error('it is no safetensors file, or is cut');
    const { buffer } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 8);
    const tensors = Object.entries(header.parse(JSON.parse(buffer.toString('utf8'))))
      .filter(([name]) => name !== '__metadata__')
      .map(([name, value]) => [name, tensor.parse(value)] as const);
    const end = Math.max(0, ...tensors.map(([, { data_offsets }]) => data_offsets[1]));
    if (8 + headerBytes + end !== size) {
      throw new Error(`it has ${size} bytes and its header asks for ${8 + headerBytes + end}`);
    }
    return new Map(tensors.map(([name, { shape }]) => [name, shape.join(' x ')]));
  } finally {
    await file.close();
  }
}

import { readdir, readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { canonicalJson, type JsonValue } from '../domain/canonical-json.ts';
import { AdapterError } from '../domain/errors.ts';
import { readTensorShapes } from './local-store/safetensors-header.ts';

/** Fields of `config.json` that say where a model comes from or how it is stored, and nothing about its layers. */
const INCIDENTAL: ReadonlySet<string> = new Set([
  '_name_or_path',
  '_model_name_or_path',
  'dtype',
  'torch_dtype',
  'transformers_version',
  'use_cache',
]);

/**
 * Makes sure that a server can load the folder in place of the base model. A wrong path or shape does not end in a clean
 * refusal: vLLM's engine breaks on it, and with it every call in the air; weights that a folder lacks stay the old ones.
 *
 * @throws AdapterError `adapter/load-refused` with the first thing that is wrong
 */
export async function checkCheckpoint(path: string, basePath: string): Promise<void> {
  const refuse = (why: string): AdapterError =>
    new AdapterError(
      'adapter/load-refused',
      `The checkpoint ${path} was not given to the server: ${why}. The weights in service were not touched.`,
    );
  if (!isAbsolute(path)) throw refuse('its path is not absolute, and the server has a working folder of its own');
  const [config, base] = await Promise.all([readConfig(path, refuse), readConfig(basePath, refuse)]);
  for (const [field, value] of Object.entries(base)) {
    const found = config[field];
    // A field that only one of them has is a default of the library that wrote it.
    if (INCIDENTAL.has(field) || found === undefined || canonicalJson(found) === canonicalJson(value)) continue;
    throw refuse(
      `its config.json has ${field} ${canonicalJson(found)} and that of the base model ${basePath} has ${canonicalJson(value)}: it is a model of another shape`,
    );
  }
  const [tensors, wanted] = await Promise.all([readTensors(path, refuse), readTensors(basePath, refuse)]);
  // Tied to the embeddings, it is saved by some and left out by others.
  const isTied = (name: string) => name === 'lm_head.weight' && config['tie_word_embeddings'] === true;
  for (const [name, shape] of wanted) {
    const found = tensors.get(name);
    if (found === undefined && isTied(name)) continue;
    if (found === undefined) throw refuse(`it lacks the tensor ${name}, which would stay that of the old weights`);
    if (found !== shape) throw refuse(`its tensor ${name} is ${found}, and that of the base model is ${shape}`);
  }
  for (const name of tensors.keys()) {
    if (!wanted.has(name) && !isTied(name))
      throw refuse(`it has a tensor ${name} that the base model ${basePath} lacks`);
  }
}

type Refuse = (why: string) => AdapterError;

async function readConfig(folder: string, refuse: Refuse): Promise<Readonly<Record<string, JsonValue>>> {
  const file = join(folder, 'config.json');
  try {
    const config = JSON.parse(await readFile(file, 'utf8')) as JsonValue;
    if (config === null || typeof config !== 'object' || Array.isArray(config)) throw new TypeError('it is no object');
    return config as Readonly<Record<string, JsonValue>>;
  } catch (error) {
    throw refuse(`${file} can't be read (${reasonOf(error)})`);
  }
}

async function readTensors(folder: string, refuse: Refuse): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.safetensors')).toSorted();
  if (names.length === 0) throw refuse(`${folder} holds no .safetensors file`);
  const tensors = new Map<string, string>();
  for (const name of names) {
    const shapes = await readTensorShapes(join(folder, name)).catch((error: unknown) => {
      throw refuse(`${join(folder, name)} can't be read (${reasonOf(error)})`);
    });
    for (const [tensor, shape] of shapes) tensors.set(tensor, shape);
  }
  return tensors;
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}

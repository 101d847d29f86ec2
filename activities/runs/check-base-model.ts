import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkCheckpoint } from '../../clients/check-checkpoint.ts';
import { trainsWhole, type WeightsChoices } from '../../configs/schema/whole-weights.ts';
import { ConfigError, TickloopError } from '../../domain/errors.ts';

/**
 * Makes sure that the folder to train from holds a model. Whole weights are compared with its tensors once they are trained, so
 * those have to be readable before.
 *
 * @throws ConfigError `config/unusable`
 */
export async function checkBaseModel(
  config: WeightsChoices & { readonly policy: { readonly modelPath: string } },
): Promise<void> {
  const folder = resolve(config.policy.modelPath);
  const file = join(folder, 'config.json');
  await access(file).catch((cause: unknown) => {
    throw new ConfigError(
      'config/unusable',
      `policy.modelPath has no checkpoint (${file} is missing): run \`npm run setup\`, or name the folder of the base model.`,
      { cause },
    );
  });
  if (!trainsWhole(config)) return;
  await checkCheckpoint(folder, folder).catch((cause: unknown) => {
    if (!(cause instanceof TickloopError)) throw cause;
    throw new ConfigError(
      'config/unusable',
      `policy.modelPath can't be what whole weights are compared with before a server loads them: name the folder of the base model with all of its .safetensors files. (${cause.message})`,
      { cause },
    );
  });
}

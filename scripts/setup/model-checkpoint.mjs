import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { environmentPython } from './python-environment.mjs';
import { runCommand } from './run-command.mjs';
import { SetupError } from './setup-error.mjs';

const MODEL = 'smollm2-135m-instruct';
const NEEDED_FILES = ['config.json', 'model.safetensors', 'tokenizer.json'];

/** Step `model`: SmolLM2-135M-Instruct as a normal checkpoint, from the weights in the Python environment. */
export async function convertModel({ root, report }) {
  if (process.env.TICKLOOP_VLLM_URL && process.env.TICKLOOP_MODEL_PATH) {
    return `using ${process.env.TICKLOOP_MODEL_PATH} (TICKLOOP_MODEL_PATH)`;
  }
  const models = join(root, '.tickloop', 'models');
  const folder = join(models, MODEL);
  if (NEEDED_FILES.every((name) => existsSync(join(folder, name)))) return `model ${MODEL} is there`;

  const python = environmentPython(root);
  if (!existsSync(python)) {
    throw new SetupError(`${python} is missing, and the model is converted with it: run the step "python" first.`);
  }
  report(`converting ${MODEL}, 1 to 2 minutes`);
  const partial = join(models, `.${MODEL}.partial`);
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(models, { recursive: true });
  const logPath = join(root, '.tickloop', 'logs', 'convert-model.log');
  const script = join(root, 'scripts', 'convert-smollm2.py');
  const { exitCode, lastLines } = await runCommand(python, [script, partial], {
    logPath,
    env: { HF_HUB_OFFLINE: '1' },
  });
  if (exitCode !== 0) {
    throw new SetupError(
      `Converting the model failed (exit ${exitCode}): read ${logPath}, then run this again. ` +
        `Its last lines:\n${lastLines.join('\n')}`,
    );
  }
  // Only the rename makes the folder count as a model; what lies there without the needed files is not one.
  rmSync(folder, { recursive: true, force: true });
  renameSync(partial, folder);
  return `model ${MODEL} converted`;
}

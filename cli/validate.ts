import { loadConfig } from './load-config.ts';
import type { Output } from './output.ts';

/** Checks a config file and says what it resolves to; returns the exit code. @throws ConfigError with every mistake */
export async function validate(configPath: string, sets: readonly string[], output: Output): Promise<number> {
  const { config, configHash } = await loadConfig(configPath, sets);
  output.line(
    `${configPath} is valid: loop ${config.loop}, ${config.rounds} round(s), seed ${config.seed}, hash ${configHash.slice(0, 16)}`,
  );
  output.object({ valid: true, configHash, config });
  return 0;
}

import { describeSource, findNamedDatasets } from '../configs/schema/prompt-source.ts';
import type { RunConfig } from '../configs/schema/run-config.ts';
import { formatCount } from '../domain/format-number.ts';
import { checkData } from '../inputs/check-data.ts';
import { loadConfig } from './load-config.ts';
import type { Output } from './output.ts';

/**
 * Checks a config file and the data files that it names, and says what it resolves to and what it can't check; returns the exit code.
 *
 * @throws ConfigError with every mistake of the config; DataError with the first one of the data
 */
export async function validate(configPath: string, sets: readonly string[], output: Output): Promise<number> {
  const { config, configHash } = await loadConfig(configPath, sets);
  const rows = await checkData(config);
  output.line(
    `${configPath} is valid: loop ${config.loop}, ${lengthOf(config)}, seed ${config.seed}, hash ${configHash.slice(0, 16)}`,
  );
  const counts = Object.entries(rows).map(([name, count]) => `${name} ${formatCount(count)}`);
  output.line(
    counts.length === 0 ? 'the files that it names are valid' : `its data files are valid: ${counts.join(', ')} rows`,
  );
  const unchecked = findNamedDatasets(config);
  for (const { field, source } of unchecked) {
    output.line(
      `not checked: ${field}, ${describeSource(source)}: it is in a store, which is read when the run is opened`,
    );
  }
  output.object({ valid: true, configHash, rows, unchecked: unchecked.map(({ field }) => field), config });
  return 0;
}

function lengthOf(config: RunConfig): string {
  switch (config.loop) {
    case 'online-dpo':
      return `${config.rounds} round(s)`;
    case 'bolt':
      return `stages ${config.stages.join(', ')}`;
    case 'refine':
      return `${config.refine.turns} turn(s)`;
    case 'best-of-n':
      return `${config.sampling.samplesPerPrompt} candidates`;
    case 'magpie':
      return `${config.numRows} rows`;
    case 'wildbench':
      return `${Object.keys(config.policies).length} policies, ${config.baselines.length} baseline(s), ${Object.keys(config.judges).length} judge(s)`;
    case 'skillmix':
      return `${config.numRows} row(s)`;
  }
}

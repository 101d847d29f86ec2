import type { SftResult } from '../../../clients/trainer.ts';
import type { BoltConfig } from '../../../configs/schema/bolt-loop.ts';
import { configOfLoop } from '../../../configs/stage-sampling.ts';
import { boltName, boltQueriesPrefix, promptSetPrefix, roundName } from '../../../domain/artifact-names.ts';
import { adviseOnYield } from '../../../domain/bolt/advise-on-yield.ts';
import type { DroppedQuery } from '../../../domain/bolt/bolt-query.ts';
import type { OutcomeScore } from '../../../domain/bolt/outcome-score.ts';
import type { PercentileCut } from '../../../domain/bolt/percentile-cut.ts';
import { SFT_ROUND } from '../../../domain/bolt/online-config.ts';
import { commonestFault, countDrops, type YieldTable } from '../../../domain/bolt/yields.ts';
import { weightsOf, type PolicyVersion } from '../../../domain/policy-version.ts';
import type { ProbeNumbers } from '../../../domain/probe.ts';
import type {
  BoltReport,
  BootstrapResult,
  CurationFunnel,
  SftReport,
} from '../../../domain/report/bolt/bolt-report.ts';
import { binScores } from '../../../domain/report/bolt/histogram.ts';
import { readArtifact } from '../../artifacts/read-artifact.ts';
import type { RunServices } from '../../run-services.ts';
import type { StepEvent } from '../../training/training-curve.ts';
import { readFollowed } from './bolt-followed.ts';
import { boltCallPlaces, readLoopCalls, roundCallPlaces } from './loop-calls.ts';
import { readRounds } from './online-dpo-report.ts';
import type { ReportFrame } from './report-frame.ts';

/** What the store holds of a run of BOLT, as far as it came. */
export async function readBoltReport(
  services: RunServices,
  config: BoltConfig,
  frame: ReportFrame,
): Promise<BoltReport> {
  const { base, names } = frame;
  const { runName } = base;
  const measured = await readRounds(services, configOfLoop(services.config, 'online-dpo'), frame);
  return {
    ...base,
    loop: 'bolt',
    stages: config.stages,
    ...measured,
    curation: await readCuration(services, runName, names),
    bootstrap: await readBootstrap(services, config, runName, names),
    sft: await readSft(services, runName, names),
    followed: await readFollowed(services, runName, names),
    calls: await readLoopCalls(services, runName, names, [
      ...boltCallPlaces(runName, config.bootstrap.attempts),
      ...roundCallPlaces(runName, names),
    ]),
  };
}

async function readCuration(
  { store }: RunServices,
  runName: string,
  names: readonly string[],
): Promise<CurationFunnel | null> {
  const screening = boltName(runName, 'screening');
  if (!names.includes(screening)) return null;
  const rowsBelow = async (prefix: string): Promise<number> => {
    const found = await Promise.all(names.filter((name) => name.startsWith(prefix)).map((name) => store.find(name)));
    return found.reduce((sum, manifest) => sum + (manifest?.rows ?? 0), 0);
  };
  const curation = boltName(runName, 'curation');
  const isSettled = names.includes(curation);
  const dropped = [
    ...(await readArtifact<DroppedQuery>(store, screening)).rows,
    ...(isSettled ? (await readArtifact<DroppedQuery>(store, curation)).rows : []),
  ];
  return {
    collected: await rowsBelow(`${boltQueriesPrefix(runName, 'collected')}/queries/`),
    drops: countDrops(dropped),
    dropped,
    kept: isSettled ? await rowsBelow(`${promptSetPrefix(runName, 'curated')}/prompts/`) : null,
  };
}

async function readBootstrap(
  { store }: RunServices,
  { bootstrap: { minYield, percentile } }: BoltConfig,
  runName: string,
  names: readonly string[],
): Promise<BootstrapResult | null> {
  if (!names.includes(boltName(runName, 'yields'))) return null;
  const [yields] = (await readArtifact<YieldTable>(store, boltName(runName, 'yields'))).rows;
  if (yields === undefined) return null;
  const [cut] = (await readArtifact<PercentileCut>(store, boltName(runName, 'cut'))).rows;
  const frozen = await readArtifact<OutcomeScore>(store, boltName(runName, 'frozen-scores'));
  const rows = await store.find(boltName(runName, 'sft-rows'));
  const fault = commonestFault(yields.all);
  return {
    yields,
    cut: cut ?? null,
    histogram: binScores(frozen.rows.map(({ score }) => score)),
    rows: rows?.rows ?? 0,
    minYield,
    percentile,
    advice: fault === null ? null : adviseOnYield(fault),
  };
}

async function readSft({ store }: RunServices, runName: string, names: readonly string[]): Promise<SftReport | null> {
  const name = (step: 'training' | 'curve' | 'policy') => roundName(runName, SFT_ROUND, step);
  if (!names.includes(name('training'))) return null;
  const [result] = (await readArtifact<SftResult>(store, name('training'))).rows;
  if (result === undefined) return null;
  const curve = names.includes(name('curve')) ? (await readArtifact<StepEvent>(store, name('curve'))).rows : [];
  const published = names.includes(name('policy'))
    ? await readArtifact<PolicyVersion>(store, name('policy'))
    : undefined;
  const [policy] = published?.rows ?? [];
  const probe = published?.manifest.summary as unknown as ProbeNumbers | undefined;
  const { steps, rows, dropped, unfaithful = 0, finalLoss, trainSeconds, resumedFromStep } = result;
  return {
    training: { steps, rows, dropped, unfaithful, finalLoss, trainSeconds, resumedFromStep },
    publish:
      policy === undefined
        ? null
        : {
            adapterHash: weightsOf(policy).hash ?? '',
            meanChange: probe?.meanChange ?? null,
            meanDisagreement: probe?.meanDisagreement ?? null,
            servedModel: weightsOf(policy).name,
          },
    curve: curve.map(({ step, loss, accuracy }) => ({ step, loss, margin: null, accuracy: accuracy ?? null })),
  };
}

import type { TrainingResult } from '../../clients/trainer.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import { TickloopError } from '../../domain/errors.ts';
import { policyStamp, type PolicyVersion } from '../../domain/policy-version.ts';
import { decideProbe, type ProbeNumbers } from '../../domain/probe.ts';
import type { RunRef } from '../../domain/run.ts';
import { fenceCalls } from './fence-calls.ts';
import { servedLogprobs, trainedLogprobs } from './probe-readings.ts';
import type { RunServices } from '../run-services.ts';
import { hold, probedOn, refuse, replace, turnOn } from './whole-weights.ts';

/**
 * Puts a new checkpoint in place of the version before it and measures that it is what was trained; if it is not, the
 * version before it is loaded again.
 *
 * @param start what training started from, which the trainer compares with: the version before, or the base model
 * @throws AdapterError `adapter/load-refused`, `adapter/base-mismatch`, `adapter/no-op`, `adapter/probe-mismatch`
 */
export async function replaceAndProbe(
  services: RunServices,
  run: RunRef,
  versions: { readonly next: PolicyVersion; readonly previous: PolicyVersion; readonly start: PolicyVersion },
  { probes }: TrainingResult,
): Promise<ProbeNumbers> {
  const { policy: server, config } = services;
  const { next, previous, start } = versions;
  const score = (label: string) => servedLogprobs(fenceCalls(server, label), config.policy.model, probes);
  return turnOn(services)(async () => {
    const servedPrevious_T = await score(await hold(services, run, previous));
    const startsThere = policyStamp(start) === policyStamp(previous);
    const servedBase_T = startsThere ? servedPrevious_T : await score(await hold(services, run, start));
    const label = await replace(services, next, startsThere ? previous : start);
    const decision = decideProbe(
      {
        trainedBase_T: trainedLogprobs(probes, 'baseLogprobs'),
        trainedAdapter_T: trainedLogprobs(probes, 'adapterLogprobs'),
        servedBase_T,
        servedAdapter_T: await score(label),
        servedPrevious_T,
      },
      configOfLoop(config, 'online-dpo').publish,
      'checkpoint',
    );
    if (decision.ok) {
      probedOn(server).add(label);
      const { meanChange, meanDisagreement, baseDisagreement } = decision;
      return { meanChange, meanDisagreement, baseDisagreement };
    }
    await server.weights.relabel(`refused ${policyStamp(next)}`);
    throw refuse(next, decision, 'was not published', await goBack(services, run, previous));
  });
}

/** Loads the version before; says what came of it. */
async function goBack(services: RunServices, run: RunRef, previous: PolicyVersion): Promise<string> {
  try {
    await hold(services, run, previous);
    return 'The previous policy is in service again.';
  } catch (error) {
    if (!(error instanceof TickloopError)) throw error;
    return `The previous policy could not be loaded again, which the next batch tries anew (${error.message})`;
  }
}

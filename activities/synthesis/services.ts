import type { ArtifactStore } from '../../clients/artifact-store.ts';
import type { LedgerStore } from '../../clients/call-ledger.ts';
import type { VerifierSandbox } from '../../clients/verifier-sandbox.ts';
import { qualityOf, type SynthesisQuality } from '../../configs/schema/synthesis-quality.ts';
import type { RunRef } from '../../domain/run.ts';
import type { RunServicesProvider } from '../run-services.ts';
import type { SynthesisSeats } from './seats.ts';

/** What the steps work with that say how good synthesized rows are: the same for every loop that makes some. */
export interface SynthesisServices {
  readonly store: ArtifactStore;
  readonly ledgers: LedgerStore;
  readonly sandbox: VerifierSandbox;
  /** Of the run. */
  readonly seed: number;
  readonly quality: SynthesisQuality;
  readonly seats: SynthesisSeats;
}

/** Finds the services of a run. */
export interface SynthesisServicesProvider {
  of(run: RunRef): Promise<SynthesisServices>;
}

/** The services of runs whose config has a field `quality`. */
export function synthesisServicesOf(provider: RunServicesProvider): SynthesisServicesProvider {
  return {
    async of(run) {
      const { store, ledgers, sandbox, config, synthesis } = await provider.of(run);
      const quality = qualityOf(config);
      if (quality === undefined || synthesis === undefined) {
        throw new Error(`This step belongs to a loop that synthesizes rows, and the run is "${config.loop}".`);
      }
      return { store, ledgers, sandbox, seed: config.seed, quality, seats: synthesis };
    },
  };
}

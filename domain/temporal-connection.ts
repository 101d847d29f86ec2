import { ConfigError } from './errors.ts';

/** How to reach a Temporal server, in words that the client and the worker both take. */
export interface TemporalConnection {
  readonly address: string;
  readonly tls?: true;
  readonly apiKey?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Adds TLS and an API key to the address, as `TEMPORAL_TLS` and `TEMPORAL_API_KEY` of the environment say: commands, workers
 * and the local stack all read them there, so that no key is ever in a config, a history or a store. A key asks for TLS.
 *
 * @throws ConfigError `config/invalid` for a word that is neither yes nor no, and for a key that would travel in the open; it never says the key
 */
export function temporalConnection(
  { address, namespace }: { readonly address: string; readonly namespace: string },
  environment: Readonly<Record<string, string | undefined>>,
): TemporalConnection {
  const apiKey = environment['TEMPORAL_API_KEY']?.trim() ?? '';
  const wanted = readSwitch(environment['TEMPORAL_TLS']);
  if (apiKey === '') return wanted === true ? { address, tls: true } : { address };
  if (wanted === false) {
    throw new ConfigError(
      'config/invalid',
      'TEMPORAL_API_KEY is set and TEMPORAL_TLS is off: a key is never sent in the open. Unset one of them.',
    );
  }
  // Temporal Cloud chooses by this header whose key it checks.
  return { address, tls: true, apiKey, metadata: { 'temporal-namespace': namespace } };
}

function readSwitch(text: string | undefined): boolean | undefined {
  switch (text?.trim().toLowerCase() ?? '') {
    case '':
      return undefined;
    case '1':
    case 'true':
      return true;
    case '0':
    case 'false':
      return false;
    default:
      throw new ConfigError('config/invalid', `TEMPORAL_TLS is "${text}": write true or false, or unset it.`);
  }
}

import { ConfigError } from './errors.ts';

/** How a connection is encrypted, in the words of Temporal's SDK; PEM bytes. */
export interface TemporalTls {
  readonly serverNameOverride?: string;
  readonly serverRootCACertificate?: Buffer;
  readonly clientCertPair?: { readonly crt: Buffer; readonly key: Buffer };
}

/** How to reach a Temporal server, in words that the client and the worker both take. */
export interface TemporalConnection {
  readonly address: string;
  readonly tls?: true | TemporalTls;
  readonly apiKey?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string | undefined>>;
type ReadFile = (path: string) => Buffer;

const CLIENT_CERT = 'TEMPORAL_TLS_CLIENT_CERT';
const CLIENT_KEY = 'TEMPORAL_TLS_CLIENT_KEY';
const SERVER_CA = 'TEMPORAL_TLS_SERVER_CA_CERT';
const SERVER_NAME = 'TEMPORAL_TLS_SERVER_NAME';

/**
 * Adds TLS and an API key to the address, as the variables say that Temporal's own tools read too: `TEMPORAL_TLS`,
 * `TEMPORAL_API_KEY`, `TEMPORAL_TLS_SERVER_NAME`, and `TEMPORAL_TLS_CLIENT_CERT`, `..._CLIENT_KEY` and `..._SERVER_CA_CERT`, each
 * with `_PATH` or `_DATA`. Commands, workers and the local stack all read them there, so that no key is ever in a config, a
 * history or a store. Any of them but `TEMPORAL_TLS` asks for TLS.
 *
 * @throws ConfigError `config/invalid` for a word that is neither yes nor no, a key that would travel in the open, half of a
 *   pair and what is no PEM; `config/unreadable` for a file that can't be read; none says a key
 * @source https://docs.temporal.io/references/client-environment-configuration
 */
export function temporalConnection(
  { address, namespace }: { readonly address: string; readonly namespace: string },
  environment: Environment,
  readFile: ReadFile,
): TemporalConnection {
  const apiKey = environment['TEMPORAL_API_KEY']?.trim() ?? '';
  const tls = readTls(environment, readFile);
  const wanted = readSwitch(environment['TEMPORAL_TLS']);
  if (wanted === false && tls !== undefined) {
    throw new ConfigError(
      'config/invalid',
      `TEMPORAL_TLS is off, and TLS is asked for by ${tlsVariables(environment).join(', ')}: unset one side.`,
    );
  }
  if (apiKey === '') return tls === undefined && wanted !== true ? { address } : { address, tls: tls ?? true };
  if (wanted === false) {
    throw new ConfigError(
      'config/invalid',
      'TEMPORAL_API_KEY is set and TEMPORAL_TLS is off: a key is never sent in the open. Unset one of them.',
    );
  }
  // Temporal Cloud chooses by this header whose key it checks.
  return { address, tls: tls ?? true, apiKey, metadata: { 'temporal-namespace': namespace } };
}

function readTls(environment: Environment, readFile: ReadFile): TemporalTls | undefined {
  if (tlsVariables(environment).length === 0) return undefined;
  const serverName = environment[SERVER_NAME]?.trim() ?? '';
  const authority = readPem(SERVER_CA, environment, readFile);
  const crt = readPem(CLIENT_CERT, environment, readFile);
  const key = readPem(CLIENT_KEY, environment, readFile);
  if ((crt === undefined) !== (key === undefined)) {
    const [found, missing] = key === undefined ? [CLIENT_CERT, CLIENT_KEY] : [CLIENT_KEY, CLIENT_CERT];
    throw new ConfigError(
      'config/invalid',
      `${found} is set without ${missing}: a client shows both. Set ${missing}_PATH too.`,
    );
  }
  return {
    ...(serverName === '' ? {} : { serverNameOverride: serverName }),
    ...(authority === undefined ? {} : { serverRootCACertificate: authority }),
    ...(crt === undefined || key === undefined ? {} : { clientCertPair: { crt, key } }),
  };
}

/** The variables of TLS that are set, without the switch. */
function tlsVariables(environment: Environment): readonly string[] {
  return [
    SERVER_NAME,
    ...[CLIENT_CERT, CLIENT_KEY, SERVER_CA].flatMap((name) => [`${name}_PATH`, `${name}_DATA`]),
  ].filter((name) => (environment[name]?.trim() ?? '') !== '');
}

function readPem(name: string, environment: Environment, readFile: ReadFile): Buffer | undefined {
  const path = environment[`${name}_PATH`]?.trim() ?? '';
  const data = environment[`${name}_DATA`]?.trim() ?? '';
  if (path === '' && data === '') return undefined;
  if (path !== '' && data !== '') {
    throw new ConfigError('config/invalid', `${name}_PATH and ${name}_DATA are both set: unset one of them.`);
  }
  const pem = path === '' ? Buffer.from(data) : readNamed(`${name}_PATH`, path, readFile);
  if (!pem.includes('-----BEGIN ')) {
    const where = path === '' ? `${name}_DATA` : `${name}_PATH names ${path}, which`;
    throw new ConfigError(
      'config/invalid',
      `${where} holds no PEM (a block that starts with -----BEGIN): name a certificate or key in that form.`,
    );
  }
  return pem;
}

function readNamed(variable: string, path: string, readFile: ReadFile): Buffer {
  try {
    return readFile(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new ConfigError(
      'config/unreadable',
      `${variable} names ${path}, which can't be read (${code ?? message}): correct the path or its permissions.`,
      { cause },
    );
  }
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

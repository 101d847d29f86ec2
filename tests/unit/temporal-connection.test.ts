import { describe, expect, it } from 'vitest';
import { temporalConnection as connectionOf } from '../../domain/temporal-connection.ts';

const PLACE = { address: 'lab.a1b2c.tmprl.cloud:7233', namespace: 'lab.a1b2c' };
const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const FILES: Readonly<Record<string, string>> = {
  '/c.pem': PEM,
  '/k.pem': '-----BEGIN PRIVATE KEY-----\ns3cret\n',
  '/a.der': '0',
};

const readFile = (path: string): Buffer => {
  const text = FILES[path];
  if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  return Buffer.from(text);
};
const temporalConnection = (place: typeof PLACE, environment: Readonly<Record<string, string>>) =>
  connectionOf(place, environment, readFile);

describe('the connection to Temporal', () => {
  it('is open where the environment asks for nothing', () => {
    for (const environment of [{}, { TEMPORAL_TLS: 'false' }, { TEMPORAL_TLS: '', TEMPORAL_API_KEY: '' }]) {
      expect(temporalConnection(PLACE, environment)).toEqual({ address: PLACE.address });
    }
  });

  it('is encrypted where TEMPORAL_TLS says so', () => {
    for (const word of ['true', '1', ' TRUE ']) {
      expect(temporalConnection(PLACE, { TEMPORAL_TLS: word })).toEqual({ address: PLACE.address, tls: true });
    }
  });

  it('carries a key only over TLS, with the namespace that it belongs to', () => {
    expect(temporalConnection(PLACE, { TEMPORAL_API_KEY: ' k-123\n' })).toEqual({
      address: PLACE.address,
      tls: true,
      apiKey: 'k-123',
      metadata: { 'temporal-namespace': 'lab.a1b2c' },
    });
    expect(() => temporalConnection(PLACE, { TEMPORAL_API_KEY: 'k-123', TEMPORAL_TLS: 'false' })).toThrow(
      'TEMPORAL_API_KEY is set and TEMPORAL_TLS is off: a key is never sent in the open. Unset one of them.',
    );
  });

  it('refuses a word that is neither yes nor no, and never says the key', () => {
    const environment = { TEMPORAL_TLS: 'maybe', TEMPORAL_API_KEY: 'k-123' };
    expect(() => temporalConnection(PLACE, environment)).toThrow(
      expect.objectContaining({
        code: 'config/invalid',
        message: 'TEMPORAL_TLS is "maybe": write true or false, or unset it.',
      }),
    );
  });

  it('shows a certificate of its own and trusts the authority that is named, from files or texts', () => {
    const environment = {
      TEMPORAL_TLS_CLIENT_CERT_PATH: ' /c.pem ',
      TEMPORAL_TLS_CLIENT_KEY_PATH: '/k.pem',
      TEMPORAL_TLS_SERVER_CA_CERT_DATA: PEM,
      TEMPORAL_TLS_SERVER_NAME: 'temporal.lab',
    };
    expect(temporalConnection(PLACE, environment)).toEqual({
      address: PLACE.address,
      tls: {
        serverNameOverride: 'temporal.lab',
        serverRootCACertificate: Buffer.from(PEM.trim()),
        clientCertPair: { crt: Buffer.from(PEM), key: readFile('/k.pem') },
      },
    });
    const withKey = temporalConnection(PLACE, { TEMPORAL_TLS_SERVER_NAME: 'temporal.lab', TEMPORAL_API_KEY: 'k-123' });
    expect(withKey).toMatchObject({ tls: { serverNameOverride: 'temporal.lab' }, apiKey: 'k-123' });
  });

  it.each([
    [
      { TEMPORAL_TLS_CLIENT_CERT_PATH: '/c.pem' },
      'TEMPORAL_TLS_CLIENT_CERT is set without TEMPORAL_TLS_CLIENT_KEY: a client shows both. Set TEMPORAL_TLS_CLIENT_KEY_PATH too.',
    ],
    [
      { TEMPORAL_TLS_CLIENT_KEY_PATH: '/k.pem' },
      'TEMPORAL_TLS_CLIENT_KEY is set without TEMPORAL_TLS_CLIENT_CERT: a client shows both. Set TEMPORAL_TLS_CLIENT_CERT_PATH too.',
    ],
    [
      { TEMPORAL_TLS_CLIENT_KEY_PATH: '/k.pem', TEMPORAL_TLS_CLIENT_KEY_DATA: PEM },
      'TEMPORAL_TLS_CLIENT_KEY_PATH and TEMPORAL_TLS_CLIENT_KEY_DATA are both set: unset one of them.',
    ],
    [
      { TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/a.der' },
      'TEMPORAL_TLS_SERVER_CA_CERT_PATH names /a.der, which holds no PEM (a block that starts with -----BEGIN): name a certificate or key in that form.',
    ],
    [
      { TEMPORAL_TLS_CLIENT_KEY_DATA: 's3cret' },
      'TEMPORAL_TLS_CLIENT_KEY_DATA holds no PEM (a block that starts with -----BEGIN): name a certificate or key in that form.',
    ],
    [
      { TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/gone.pem' },
      "TEMPORAL_TLS_SERVER_CA_CERT_PATH names /gone.pem, which can't be read (ENOENT): correct the path or its permissions.",
    ],
    [
      { TEMPORAL_TLS_SERVER_NAME: 'temporal.lab', TEMPORAL_TLS: 'false' },
      'TEMPORAL_TLS is off, and TLS is asked for by TEMPORAL_TLS_SERVER_NAME: unset one side.',
    ],
  ] as readonly (readonly [Readonly<Record<string, string>>, string])[])(
    'refuses %j in one sentence',
    (environment, message) => {
      expect(() => temporalConnection(PLACE, environment)).toThrow(expect.objectContaining({ message }));
    },
  );
});

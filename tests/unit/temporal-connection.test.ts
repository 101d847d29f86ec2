import { describe, expect, it } from 'vitest';
import { temporalConnection } from '../../domain/temporal-connection.ts';

const PLACE = { address: 'lab.a1b2c.tmprl.cloud:7233', namespace: 'lab.a1b2c' };

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
});

import { describe, expect, it } from 'vitest';
import { explainFailure } from './explain-failure.ts';

const coded = (code: string, cause?: unknown) => Object.assign(new Error(code, { cause }), { code });

describe('the reason of a failed connection', () => {
  it('is found among the causes of what was thrown', () => {
    expect(explainFailure(coded('session.unreachable', coded('CERT_HAS_EXPIRED'))).reason).toBe(
      'its certificate has expired',
    );
  });

  it('is found among the addresses of a name that were all tried', () => {
    const both = new AggregateError([coded('ECONNREFUSED'), coded('EHOSTUNREACH')]);
    expect(explainFailure(new Error('fetch failed', { cause: both })).reason).toBe('connection refused');
  });

  it('is the message where the code is not known, and always comes with something to check', () => {
    for (const thrown of [new Error('odd'), 'odd']) {
      const { reason, advice } = explainFailure(thrown);
      expect(reason).toBe('odd');
      expect(advice).toMatch(/^check /);
    }
  });

  it('does not go round in circles', () => {
    const loop = new Error('loop');
    loop.cause = loop;
    expect(explainFailure(loop).reason).toBe('loop');
  });
});

import { describe, expect, it } from 'vitest';
import { DriverError } from '../driver-error.ts';
import { type FuzzOptions, fuzzParser } from './fuzz-parser.ts';

const options: FuzzOptions = { inputs: 3_000, seed: 7, mostMs: 1_000, now: () => performance.now() };
const target = { name: 'numbers', samples: ['17'], words: ['[N/A]'] };

describe('damaged inputs', () => {
  it('may be read, or refused with a DriverError', () => {
    const parse = (text: string | Uint8Array) => {
      if (text !== '17') throw new DriverError('invalid', 'no number');
    };
    const report = fuzzParser({ ...target, parse }, options);
    expect(report).toMatchObject({ inputs: 3_000, finding: undefined });
    expect(report.refused).toBeGreaterThan(2_000);
  });

  it('that bring out any other error are found, and told so that they can be tried again', () => {
    const parse = (text: string | Uint8Array) => {
      if (String(text).includes('[N/A]')) throw new TypeError('what is that');
    };
    const { finding } = fuzzParser({ ...target, parse }, options);
    expect(finding?.what).toBe('TypeError: what is that');
    expect(Buffer.from(finding?.input ?? '', 'base64').toString('latin1')).toContain('[N/A]');
  });

  it('that take long are found', () => {
    let clock = 0;
    const now = () => {
      clock += 600;
      return clock;
    };
    const { finding } = fuzzParser({ ...target, parse: () => {} }, { ...options, mostMs: 500, now });
    expect(finding?.what).toBe('it took 600 ms');
  });

  it('are the same for the same seed', () => {
    const seen = (seed: number) => {
      const inputs: unknown[] = [];
      fuzzParser({ ...target, parse: (input) => inputs.push(input) }, { ...options, inputs: 20, seed });
      return inputs;
    };
    expect(seen(3)).toEqual(seen(3));
    expect(seen(3)).not.toEqual(seen(4));
  });

  it('of binary forms are handed over as bytes', () => {
    const parse = (input: string | Uint8Array) => expect(input).toBeInstanceOf(Uint8Array);
    const binary = { name: 'bytes', samples: [new Uint8Array([1, 2, 3])], parse };
    expect(fuzzParser(binary, { ...options, inputs: 50 }).finding).toBeUndefined();
  });
});

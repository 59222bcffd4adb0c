import { describe, expect, it } from 'vitest';
import { DriverError } from '../driver-error.ts';
import { type FuzzOptions, fuzzParser } from './fuzz-parser.ts';

const options: FuzzOptions = { inputs: 3_000, seed: 7, mostMs: 1_000, now: () => performance.now() };
const target = { name: 'numbers', samples: ['17'], words: ['[N/A]'] };

describe('damaged inputs', () => {
  it('may be read, or refused with a DriverError', async () => {
    const parse = (text: string | Uint8Array) => {
      if (text !== '17') throw new DriverError('invalid', 'no number');
    };
    const report = await fuzzParser({ ...target, parse }, options);
    expect(report).toMatchObject({ inputs: 3_000, finding: undefined });
    expect(report.refused).toBeGreaterThan(2_000);
  });

  it('that bring out any other error are found, and told so that they can be tried again', async () => {
    const parse = (text: string | Uint8Array) => {
      if (String(text).includes('[N/A]')) throw new TypeError('what is that');
    };
    const { finding } = await fuzzParser({ ...target, parse }, options);
    expect(finding?.what).toBe('TypeError: what is that');
    expect(Buffer.from(finding?.input ?? '', 'base64').toString('latin1')).toContain('[N/A]');
  });

  it('are waited for where a parser takes its time to refuse them', async () => {
    const refusing = {
      ...target,
      parse: async () => Promise.reject(new DriverError('invalid', 'no number')),
    };
    expect(await fuzzParser(refusing, { ...options, inputs: 50 })).toMatchObject({ refused: 50 });
    const failing = { ...target, parse: async () => Promise.reject(new TypeError('what is that')) };
    expect((await fuzzParser(failing, options)).finding?.what).toBe('TypeError: what is that');
  });

  it('that take long are found', async () => {
    let clock = 0;
    const now = () => {
      clock += 600;
      return clock;
    };
    const { finding } = await fuzzParser({ ...target, parse: () => {} }, { ...options, mostMs: 500, now });
    expect(finding?.what).toBe('it took 600 ms');
  });

  it('are the same for the same seed', async () => {
    const seen = async (seed: number) => {
      const inputs: unknown[] = [];
      await fuzzParser({ ...target, parse: (input) => inputs.push(input) }, { ...options, inputs: 20, seed });
      return inputs;
    };
    expect(await seen(3)).toEqual(await seen(3));
    expect(await seen(3)).not.toEqual(await seen(4));
  });

  it('of binary forms are handed over as bytes', async () => {
    const parse = (input: string | Uint8Array) => expect(input).toBeInstanceOf(Uint8Array);
    const binary = { name: 'bytes', samples: [new Uint8Array([1, 2, 3])], parse };
    expect((await fuzzParser(binary, { ...options, inputs: 50 })).finding).toBeUndefined();
  });
});

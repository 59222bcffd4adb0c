import type { LookupAddress } from 'node:dns';
import { expect, it } from 'vitest';
import { lookupSomebody } from './lookup-somebody.ts';

/** What a connection would get; an address leads to itself, without DNS. */
function look(hostname: string, options: { all?: boolean } = {}): Promise<string | LookupAddress[]> {
  return new Promise((resolve, reject) =>
    lookupSomebody(hostname, options, (error, address) => (error ? reject(error) : resolve(address))),
  );
}

it.each([{}, { all: true }])('refuses a name that leads to an address of nobody: %j', async (options) => {
  await expect(look('169.254.169.254', options)).rejects.toThrow(
    '169.254.169.254, where nobody is to be spoken to',
  );
  await expect(look('fe80::1', options)).rejects.toThrow('fe80::1');
});

it('tells where any other leads, as it is asked to', async () => {
  expect(await look('127.0.0.1')).toBe('127.0.0.1');
  expect(await look('10.0.0.5', { all: true })).toEqual([{ address: '10.0.0.5', family: 4 }]);
  await expect(look('no such name')).rejects.toThrow('ENOTFOUND');
});

import { expect, it } from 'vitest';
import { isNobodys, nobodyIn } from './nobodys-address.ts';

it('tells addresses of nobody from those of servers', () => {
  expect(['169.254.1.1', '::', 'fe80::abcd', 'ff02::1', '255.255.255.255'].map(isNobodys)).not.toContain(
    false,
  );
  expect(['127.0.0.1', '::1', '10.1.2.3', '192.168.1.1', 'fd00::1', '8.8.8.8'].map(isNobodys)).not.toContain(
    true,
  );
});

it('finds them in addresses on the web, however they are written', () => {
  const found = [
    'https://169.254.169.254/',
    'https://0xa9fea9fe/',
    'https://[fe80::1]/',
    'https://10.0.0.1/',
  ];
  expect(found.map((url) => nobodyIn(new URL(url)))).toEqual([
    '169.254.169.254',
    '169.254.169.254',
    'fe80::1',
    undefined,
  ]);
  expect(nobodyIn(new URL('https://example.org/'))).toBeUndefined();
});

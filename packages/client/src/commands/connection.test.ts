import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findConnection } from './connection.ts';

let dir = '';
let file = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'cyborg-connection-'));
  file = join(dir, 'token');
  writeFileSync(file, 'from-file\n', { mode: 0o600 });
});
afterAll(() => rmSync(dir, { recursive: true }));

const elsewhere = { CYBORG_STATE_DIR: '/nonexistent' };

describe('the endpoint', () => {
  it('comes from the flag, else the environment, else this machine', () => {
    const environment = { ...elsewhere, CYBORG_ENDPOINT: 'http://b:1' };
    expect(findConnection({ endpoint: 'http://a:1' }, environment).endpoint.href).toBe('http://a:1/');
    expect(findConnection({}, environment).endpoint.href).toBe('http://b:1/');
    expect(findConnection({}, { ...elsewhere, CYBORG_ENDPOINT: '' }).endpoint.href).toBe(
      'http://127.0.0.1:6666/',
    );
  });

  it.each(['localhost:6666', 'node-1', 'ftp://node-1', ''])(
    'refuses "%s" and says what to write',
    (endpoint) => {
      expect(() => findConnection({ endpoint }, elsewhere)).toThrow(
        /is not a URL of a service; did you mean http:/,
      );
    },
  );
});

describe('the token', () => {
  it.each([
    ['--token', { token: 'flag', tokenFile: 'x' }, { CYBORG_TOKEN: 'env' }, 'flag'],
    ['--token-file', { tokenFile: 'FILE' }, { CYBORG_TOKEN: 'env' }, 'from-file'],
    ['CYBORG_TOKEN', {}, { CYBORG_TOKEN: 'env', CYBORG_TOKEN_FILE: 'FILE' }, 'env'],
    [
      'CYBORG_TOKEN_FILE',
      {},
      { CYBORG_TOKEN: '', CYBORG_TOKEN_FILE: 'FILE', CYBORG_STATE_DIR: '/x' },
      'from-file',
    ],
    ['the state directory', {}, { CYBORG_STATE_DIR: 'DIR' }, 'from-file'],
  ])('is taken from %s before what comes after it', (_from, flags, environment, token) => {
    const real = <Texts extends object>(texts: Texts): Texts =>
      JSON.parse(
        JSON.stringify(texts)
          .replaceAll('"FILE"', JSON.stringify(file))
          .replaceAll('"DIR"', JSON.stringify(dir)),
      );
    expect(findConnection(real(flags), real(environment)).token).toBe(token);
  });

  it('of the service on this machine is not sent to another one', () => {
    const environment = { CYBORG_STATE_DIR: dir };
    expect(findConnection({ endpoint: 'https://cloud.example' }, environment).token).toBeUndefined();
    expect(findConnection({ endpoint: 'http://localhost:1' }, environment).token).toBe('from-file');
  });

  it('may be absent when no service has written one here', () => {
    expect(findConnection({}, elsewhere)).toMatchObject({
      token: undefined,
      tokenSource: 'none was given, and there is no /nonexistent/token',
    });
  });

  it('must be in the file that is named', () => {
    expect(() => findConnection({ tokenFile: '/nonexistent/t' }, elsewhere)).toThrow(
      'token file /nonexistent/t (--token-file) does not exist; name the file that holds the token',
    );
    expect(() => findConnection({ tokenFile: dir }, elsewhere)).toThrow(/cannot read token file .*EISDIR/);
  });

  it('must be one word', () => {
    expect(() => findConnection({ token: '' }, elsewhere)).toThrow('the token (--token) is empty');
    expect(() => findConnection({ token: 'two words' }, elsewhere)).toThrow('is not one word');
  });

  // Root reads everything.
  it.skipIf(process.getuid?.() === 0)('in a file that is not ours to read says so', () => {
    const closed = join(dir, 'closed');
    writeFileSync(closed, 'x');
    chmodSync(closed, 0);
    expect(() => findConnection({ tokenFile: closed }, elsewhere)).toThrow(
      /permission denied; run as the user of the service, or give --token/,
    );
  });
});

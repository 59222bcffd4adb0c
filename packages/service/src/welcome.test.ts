import { homedir } from 'node:os';
import { expect, it } from 'vitest';
import { welcome } from './welcome.ts';

const stateDir = `${homedir()}/.local/state/cyborg`;

it('says how the command finds a service that is not where it usually is', () => {
  const text = welcome({
    url: 'http://127.0.0.1:17000',
    tokenFile: '/srv/state/token',
    stateDir: '/srv/state',
  });
  expect(text).toContain('export CYBORG_ENDPOINT=http://127.0.0.1:17000');
  expect(text).toContain('export CYBORG_TOKEN_FILE=/srv/state/token');
});

it('says nothing of that where the command looks by itself', () => {
  const text = welcome({ url: 'http://127.0.0.1:6666', tokenFile: `${stateDir}/token`, stateDir });
  expect(text).not.toContain('export');
});

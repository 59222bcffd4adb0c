import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ScriptedGlance, startScriptedGlance } from '../test/scripted-glance.ts';
import { composePeers } from './compose-peers.ts';
import { askPeer } from './conductor/peer.ts';
import { ConfigSchema } from './config-schema.ts';

let glance: ScriptedGlance;
beforeEach(async () => {
  glance = await startScriptedGlance();
});
afterEach(() => glance.close());

const own = { store: { ping: async () => {} }, bus: { isConnected: () => true } };

/** What is found of the services that a configuration names, by name. */
async function ask(settings: object) {
  const peers = composePeers(ConfigSchema.parse({ stateDir: '/nowhere', ...settings }), own);
  const found = await Promise.all(peers.list.map((peer) => askPeer(peer, 5_000)));
  await peers.close();
  return new Map(found.map((status) => [status.name as string, status]));
}

it('asks the Glance that is configured, with its version in the address or without, and no other', async () => {
  for (const endpoint of [glance.url, `${glance.url}/v2`]) {
    const found = await ask({ glance: { auth: { kind: 'none', endpoint } } });
    expect(found.get('glance')).toMatchObject({ usable: true, found: `answers at ${endpoint}` });
  }
  expect(glance.asked).toEqual(['GET /v2/images', 'GET /v2/images']);
  glance.trouble = () => ({ status: 403 });
  const found = await ask({ glance: { auth: { kind: 'none', endpoint: glance.url } } });
  expect(found.get('glance')).toMatchObject({ usable: false });
  expect([...(await ask({})).keys()]).toEqual(['database', 'bus']);
});

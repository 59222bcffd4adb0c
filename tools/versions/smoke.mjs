// Uses the installed Placement client as a program does, and its command: run in a directory that has it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createSession, noAuth } from '@cyborgjs/openstack-session';
import { createPlacement, readTree, syncTree } from '@cyborgjs/placement-client';
import { startPlacementDouble } from '@cyborgjs/placement-client/testing';

const double = await startPlacementDouble();
const session = createSession({ auth: noAuth({ endpoint: double.url }) });
const placement = createPlacement(session);
const root = { uuid: crypto.randomUUID(), name: 'host' };
double.dropReplyNext({ method: 'PUT' });
const { created } = await syncTree(placement, {
  root,
  createRoot: true,
  providers: [
    {
      uuid: crypto.randomUUID(),
      name: 'host_gpu',
      inventories: { PGPU: { total: 2 } },
      traits: ['CUSTOM_X'],
    },
  ],
  ownedTrait: (name) => name === 'CUSTOM_X',
  ownedProvider: ({ name }) => name.startsWith('host_'),
});
assert.equal(created.length, 2);
assert.deepEqual((await readTree(placement, root)).providers.at(-1)?.traits, ['CUSTOM_X']);
await session.close();
await double.close();

const help = execFileSync(process.execPath, [
  'node_modules/@cyborgjs/placement-client/dist/main.js',
  '--help',
]);
assert.match(String(help), /Usage: placement/);
console.log(`the packed Placement client works on Node ${process.version}`);

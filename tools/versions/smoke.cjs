// Uses the installed Placement client from CommonJS: run in a directory that has it.
const assert = require('node:assert/strict');
const { createSession, noAuth } = require('@cyborgjs/openstack-session');
const { createPlacement, isPlacementError } = require('@cyborgjs/placement-client');
const { startPlacementDouble } = require('@cyborgjs/placement-client/testing');

async function main() {
  const loaded = Object.keys(require.cache).filter((path) => /node_modules.(commander|yaml)./.test(path));
  assert.deepEqual(loaded, [], 'what only the command and clouds.yaml need is not loaded');
  const double = await startPlacementDouble();
  const session = createSession({ auth: noAuth({ endpoint: double.url }) });
  const placement = createPlacement(session);
  assert.equal(await placement.traits.ensure('CUSTOM_X'), true);
  await assert.rejects(placement.traits.ensure('X'), (error) => isPlacementError(error, 'placement.invalid'));
  await session.close();
  await double.close();
  console.log(`and from CommonJS, on Node ${process.version}`);
}

main();

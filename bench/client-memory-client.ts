// Makes so many requests to a Placement and prints the heap after each tenth of them, collected: [[request, MiB], …].
import { createSession, noAuth } from '@cyborgjs/openstack-session';
import {
  createPlacement,
  createTreeSync,
  type DesiredTree,
  isPlacementError,
} from '@cyborgjs/placement-client';

const [url = '', count = ''] = process.argv.slice(2);
const total = Number(count);
const session = createSession({ auth: noAuth({ endpoint: url }) });
const placement = createPlacement(session);
const sync = createTreeSync(placement);
const root = { uuid: '00000000-0000-4000-8000-000000000000', name: 'host' };
const device = { uuid: '00000000-0000-4000-8000-000000000001', name: 'host_device' };

const tree = (devices: number): DesiredTree => ({
  root,
  createRoot: true,
  providers: [{ ...device, inventories: { PGPU: { total: devices } }, traits: ['OWNER_CYBORG'] }],
  ownedTrait: () => true,
  ownedProvider: ({ name }) => name.startsWith('host_'),
});

let made = 0;
const counting = {
  onAttempt() {
    made += 1;
  },
};

/** A little of everything: a changed sync, an unchanged one, a read, and a provider that nobody has. */
async function round(number: number): Promise<void> {
  for (const devices of [1 + (number % 7), 1 + (number % 7)])
    made += (await sync.sync(tree(devices))).requests;
  await placement.providerTraits.get(device.uuid, counting);
  await placement.resourceProviders.get(crypto.randomUUID(), counting).catch((error) => {
    if (!isPlacementError(error, 'placement.not_found')) throw error;
  });
}

const samples: [number, number][] = [];
for (let number = 0; made < total; number++) {
  await round(number);
  if (made < ((samples.length + 1) * total) / 10) continue;
  globalThis.gc?.();
  samples.push([made, process.memoryUsage().heapUsed / 2 ** 20]);
}
await session.close();
console.log(JSON.stringify(samples));

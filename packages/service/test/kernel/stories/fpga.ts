import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FpgaConfig, fpgaDriver } from '@cyborgjs/driver-fpga';
import { createRealMachine, type Machine } from '@cyborgjs/driver-sdk';
import { createContext } from '@cyborgjs/driver-sdk/conformance';
import { cards } from '../guest/cards.ts';
import { writeFeatureList } from '../guest/feature-list.ts';

const real = createRealMachine();
const card = `/sys/bus/pci/devices/${cards.gpu}`;
const ids = { interfaceId: '69528db6eb31577a8c3668f9faa081f6', afuId: 'd8424dc4a4a3c413f89e433683f9040b' };

/** The emulated card has other ids than an FPGA: they are all that is not the kernel's own. */
const sys: Machine = {
  ...real,
  read: async (path) => {
    const text = await real.read(path);
    return path.includes(cards.gpu) ? text?.replace('PCI_ID=1234:1111', 'PCI_ID=8086:09C4') : text;
  },
};
const discover = () => fpgaDriver.discover(createContext({ config: FpgaConfig.parse({}), sys }));

test('a card without its driver shows no region', async () => {
  const [device] = await discover();
  assert.equal(device?.address, cards.gpu);
  assert.ok(!device?.deployables.some(({ traits }) => traits.some((trait) => trait.includes('69528DB6'))));
});

test('the DFL tree of the kernel is read: region, function and image', async () => {
  await real.write(`${card}/enable`, '1');
  const [start = ''] = ((await real.read(`${card}/resource`)) ?? '').split(' ');
  writeFeatureList(BigInt(start), { bitstreamId: 0x501020222df1b7an, ...ids });
  await real.write(`${card}/driver_override`, 'dfl-pci');
  await real.write('/sys/bus/pci/drivers_probe', cards.gpu);
  assert.equal(await real.link(`${card}/driver`), 'dfl-pci');
  const [device] = await discover();
  const traits = device?.deployables.flatMap((deployable) => deployable.traits) ?? [];
  assert.ok(
    traits.some((trait) => trait.includes(ids.interfaceId.toUpperCase())),
    traits.join(),
  );
  assert.ok(
    traits.some((trait) => trait.includes(ids.afuId.toUpperCase())),
    traits.join(),
  );
  assert.ok(JSON.stringify(device?.firmware).includes('501020222df1b7a'), JSON.stringify(device));
});

test('the state of the FPGA manager after a start is read, and is healthy', async () => {
  const [manager = ''] = (await real.list('/sys/class/fpga_manager')) ?? [];
  assert.equal(await real.read(`/sys/class/fpga_manager/${manager}/state`), 'unknown\n');
  assert.equal(await real.read(`/sys/class/fpga_manager/${manager}/name`), 'DFL FME FPGA Manager\n');
  const [device] = await discover();
  assert.equal(device?.health.state, 'ok');
});

test('the nodes of the tree are those that the simulated card has', async () => {
  const regions = `${card}/fpga_region`;
  const [base = ''] = (await real.list(regions)) ?? [];
  const below = (await real.list(`${regions}/${base}`)) ?? [];
  for (const name of ['dfl-fme.', 'dfl-port.'])
    assert.ok(
      below.some((entry) => entry.startsWith(name)),
      `${name} is not among ${below.join()}`,
    );
  const devices = (await real.list('/dev')) ?? [];
  assert.ok(devices.includes('dfl-fme.0') && devices.includes('dfl-port.0'), devices.join());
});

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { scheduler } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Attachment, Device, pageOf } from '@cyborgjs/core';
import { createRealMachine, statusVfio } from '@cyborgjs/driver-sdk';
import { createFileRecords, listHeldAttachments } from '@cyborgjs/driver-sdk/host';
import {
  endKillableServices,
  type KillableService,
  startKillableService,
} from '../../crash/killable-service.ts';
import { until } from '../../until.ts';
import { cards } from '../guest/cards.ts';
import { openMonitorDoor } from '../guest/monitor-door.ts';
import { endTenants, startLinuxTenant } from '../guest/start-tenant.ts';

// Children inherit the flags of their parent: the service is no test.
process.execArgv = [];

const sys = createRealMachine();
const stateDir = '/var/lib/cyborg';
const configFile = '/tmp/cyborg.json';
const cyborgMain = fileURLToPath(new URL('../../../../client/dist/main.js', import.meta.url));
const patience = 240_000;
// The usual port is one of those that fetch does not call.
const port = 7666;
/** A virtual function of the card, as the machine that has it sees it. */
const virtualFunction = '1b36:0010';
mkdirSync(stateDir, { recursive: true });
const devices = [{ vendor: '1b36', product: '0010', virtualFunctions: 2 }];
const drivers = [{ package: '@cyborgjs/driver-pci', config: { devices } }];
writeFileSync(
  configFile,
  JSON.stringify({
    stateDir,
    api: { listen: { port } },
    agent: { driverPatience: 10, hosts: [{ name: 'guest', machine: { kind: 'real' }, drivers }] },
  }),
);

// It boots while the service is killed where nothing has been plugged yet.
const tenant = await startLinuxTenant('tenant');
const door = await openMonitorDoor('/tmp/door.qmp', tenant.socket);
let service: KillableService;
after(() => {
  door.close();
  endTenants();
  endKillableServices();
});

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `cyborg` as an operator on this host does. */
function cyborg(...words: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const env = {
      ...process.env,
      CYBORG_STATE_DIR: stateDir,
      CYBORG_ENDPOINT: `http://127.0.0.1:${port}`,
    };
    execFile(process.execPath, [cyborgMain, ...words], { env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

const attach = (key: string, bus = 'rp0'): Promise<Ended> =>
  cyborg(
    ...['attach', 'vm-1', '--class', 'CUSTOM_PCI', '--host', 'guest', '--key', key, '--json'],
    ...['--qmp', door.socket, '--bus', bus],
  );
const detach = (id: string): Promise<Ended> => cyborg('detach', id, '--json', '--qmp', door.socket);

/** What an operator does whom nobody has answered: asks for the same again. */
async function untilAnswered(run: Promise<Ended>, ask: () => Promise<Ended>): Promise<Attachment> {
  let ended = await run;
  if (ended.code === 3) ended = await ask();
  assert.equal(ended.code, 0, ended.err);
  return Attachment.parse(JSON.parse(ended.out));
}

/** Which functions are given away, as everybody has it who ought to know. */
async function givenAway() {
  const { items: cardsFound } = await service.ask('/v3/devices', pageOf(Device));
  const { items: attachments } = await service.ask('/v3/attachments?limit=1000', pageOf(Attachment));
  const handles = cardsFound.flatMap(({ deployables }) => deployables.flatMap((part) => part.handles));
  const journal = await listHeldAttachments(createFileRecords(`${stateDir}/agents/guest`));
  const bound = (await sys.list('/sys/bus/pci/drivers/vfio-pci')) ?? [];
  return {
    bound: bound.filter((name) => name.startsWith('0000:')).sort(),
    journal: journal.attachments.map(({ handle }) => handle.id),
    store: attachments.filter(({ state }) => state !== 'detached').map(({ handle }) => handle?.id),
    taken: handles.filter(({ inUse }) => inUse).map(({ id }) => id),
    machine: await tenant.functions(),
  };
}

async function expectGivenAway(functions: readonly string[]): Promise<void> {
  const [bound, journal, store, taken, machine] = Array.from({ length: 5 }, () => functions);
  assert.deepEqual(await givenAway(), { bound, journal, store, taken, machine });
}

const isFound = async () => tenant.found().includes(virtualFunction);
const isBound = async (): Promise<boolean> =>
  ((await sys.list('/sys/bus/pci/drivers/vfio-pci')) ?? []).some((name) => name.startsWith('0000:'));

/** Where the service is killed: at a place of its own, or when something passes between the command and the machine. */
interface Death {
  readonly when: string;
  readonly place?: string;
  readonly moment?: string;
  /** Whether the function is on vfio-pci at that moment. */
  readonly bound: boolean;
}

async function dieAt({ when, place, moment, bound }: Death, run: () => Promise<Ended>) {
  if (place !== undefined) await service.watch({ place, time: 1 });
  if (moment !== undefined) door.at(moment, () => service.kill());
  const running = run();
  const isKilled = await Promise.race([
    service.ended,
    running.then(() => scheduler.wait(5000).then(() => false)),
  ]);
  assert.equal(isKilled, true, `it was never ${when}`);
  assert.equal(await isBound(), bound);
  service = await startKillableService(configFile);
  return { running };
}

// Each attachment is followed by the detachment of the same line, so that one start of the service serves two deaths.
const deaths: readonly { readonly attach: Death; readonly detach: Death }[] = [
  {
    attach: { when: 'stored', place: 'command.operation:before', bound: false },
    // It is dead while the machine lets go, too.
    detach: { when: 'asked of the machine', moment: 'device_del:asked', bound: true },
  },
  {
    attach: { when: 'noted by the agent', place: 'ledger.attachment:after', bound: false },
    detach: { when: 'stored', place: 'command.operation:before', bound: true },
  },
  {
    attach: { when: 'bound, and not answered', place: 'fact.operation-result:before', bound: true },
    detach: { when: 'noted by the agent', place: 'ledger.attachment:after', bound: true },
  },
  {
    // It is dead while the machine takes hold, too.
    attach: { when: 'attached, and not plugged', moment: 'device_add:asked', bound: true },
    detach: { when: 'released, and not answered', place: 'fact.operation-result:before', bound: false },
  },
];

test('the card is made ready: two virtual functions, of which nobody has any', async () => {
  service = await startKillableService(configFile);
  const card = await until(
    'the card',
    async () =>
      (await service.ask('/v3/devices', pageOf(Device))).items.find(({ address }) => address === cards.nvme),
    patience,
  );
  const ready = await cyborg('device', 'ready', card.id);
  assert.equal(ready.code, 0, ready.err);
  await until('two handles', async () => {
    const { deployables } = await service.ask(`/v3/devices/${card.id}`, Device);
    return deployables.flatMap(({ handles }) => handles).length === 2;
  });
  await expectGivenAway([]);
});

test('what a machine refuses is given back', async () => {
  const { code, err } = await attach('refused', 'no-such-bus');
  assert.equal(code, 1, err);
  assert.match(err, /QEMU did not take it: Bus 'no-such-bus' not found/);
  await expectGivenAway([]);
});

test('the machine is up', async () => {
  await until('its kernel tells', async () => tenant.found().length > 0, patience);
});

for (const [turn, death] of deaths.entries()) {
  let attachment: Attachment;

  test(`killed when an attachment is ${death.attach.when}, the machine has the function all the same`, async () => {
    const ask = () => attach(`turn-${turn}`);
    const { running } = await dieAt(death.attach, ask);
    attachment = await untilAnswered(running, ask);
    await expectGivenAway([attachment.handle?.id ?? '']);
    await until('the machine finds it', isFound, patience);
  });

  test(`killed when a detachment is ${death.detach.when}, everybody is rid of the function all the same`, async () => {
    const ask = () => detach(attachment.id);
    const { running } = await dieAt(death.detach, ask);
    assert.equal((await untilAnswered(running, ask)).state, 'detached');
    await expectGivenAway([]);
    assert.equal(await statusVfio(sys, attachment.handle?.id ?? ''), 'detached');
    await until('the machine misses it', async () => !(await isFound()), patience);
  });
}

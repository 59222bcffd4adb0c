import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { failedChecks } from '../conformance/conformance-report.ts';
import { replayConformance } from '../conformance/replay-conformance.ts';
import { createPortClients } from '../create-port-clients.ts';
import { definePciDriver } from '../define-pci-driver.ts';
import { type Driver, defineDriver } from '../driver.ts';
import { DriverError } from '../driver-error.ts';
import { replayMachine } from '../machine/replay-machine.ts';
import { withLibraries } from '../machine/with-libraries.ts';
import type { Machine } from '../machine.ts';
import { type AnyPorts, definePort } from '../port.ts';
import { bmcVga, buildMachine, nvidiaGpu, plainCard } from '../simulator/index.ts';
import { recordDriver } from './record-driver.ts';
import { Recording } from './recording.ts';

const permissions = {
  read: [
    '/sys/bus',
    '/sys/bus/pci/**',
    '/sys/devices/**',
    '/sys/class/**',
    '/sys/kernel/**',
    '/etc/hostname',
  ],
  write: [],
  tools: ['/usr/bin/nvidia-smi'],
  ports: { acmeml: 'write' as const },
};

const serial = '48b02d0f1a2b3c4d';

const table = definePciDriver({
  match: { vendor: '1d55' },
  kind: 'AICHIP',
  resourceClass: 'CUSTOM_ACME',
  traits: ['OWNER_CYBORG'],
  model: 'Acme A10',
});

function simulatedMachine(): Machine {
  const root = mkdtempSync(join(tmpdir(), 'recording-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  return buildMachine({
    root,
    cards: [
      bmcVga({ address: '0000:03:00.0' }),
      plainCard({ address: '0000:05:00.0', vendor: '1d55', device: 'a010', class: '120000', serial }),
      nvidiaGpu({ address: '0000:83:00.0' }),
    ],
  }).machine;
}

const record = <Config, Ports extends AnyPorts>(
  driver: Driver<Config, Ports>,
  machine: Machine,
  written: unknown = {},
) =>
  recordDriver({
    driver: driver as unknown as Driver,
    permissions,
    config: { written, parsed: written },
    machine,
    provenance: { driver: 'acme 1.0.0' },
    machineNames: ['compute-17'],
    salt: 'test',
  });

const packageJson = {
  name: 'acme-driver',
  version: '1.0.0',
  exports: { '.': './index.js' },
  cyborgDriver: {
    id: 'acme',
    api: '^1.0',
    entry: '.',
    verbs: ['discover', 'status', 'attach', 'detach', 'watch'],
    match: [{ pci: '1d55:*' }],
    permissions: { ...permissions, ports: undefined },
  },
};

describe('a recording', () => {
  it('replays to the same devices, with other identities, on a machine that does not change', async () => {
    const recording = await record(table, simulatedMachine());
    expect(Recording.parse(JSON.parse(JSON.stringify(recording)))).toEqual(recording);
    expect(recording.devices).toEqual(['0000:05:00.0']);
    expect(JSON.stringify(recording)).not.toContain(serial);
    const machine = replayMachine(recording);
    await expect(machine.write('/sys/bus/pci/rescan', '1')).rejects.toMatchObject({ code: 'unsupported' });
    await expect(machine.read('/sys/never/asked')).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the recording has no answer for a read of /sys/never/asked',
    });
    expect(await replayMachine(recording, { unrecorded: 'absent' }).read('/sys/never/asked')).toBeUndefined();
  });

  it('is the same for the same salt, so that a new one can be compared with the old', async () => {
    const machine = simulatedMachine();
    expect(await record(table, machine)).toEqual(await record(table, machine));
  });

  it('passes the checks of level replay and shows no others', async () => {
    const recording = await record(table, simulatedMachine());
    const report = await replayConformance({ driver: table, packageJson, recordings: { lab: recording } });
    expect(report.level).toBe('replay');
    expect(failedChecks(report)).toEqual([]);
    expect(report.results.flatMap(({ id, outcome }) => (outcome === 'passed' ? [id] : []))).toEqual([
      1, 2, 3, 4, 5, 7, 9, 12, 13, 16,
    ]);
    expect(report.results.find(({ name }) => name === 'life-cycle')?.outcome).toBe('not-shown');
  });

  it('fails a driver that no longer finds what was there', async () => {
    const recording = await record(table, simulatedMachine());
    const blind = { ...table, discover: async () => [] };
    const report = await replayConformance({ driver: blind, packageJson, recordings: { lab: recording } });
    expect(failedChecks(report).map(({ name }) => name)).toContain('foreign');
  });

  it('holds the runs of tools, failures of reads, and no identity that any of them told', async () => {
    const uuid = '8c6b2f4e-1d3a-4b5c-9e7f-0a1b2c3d4e5f';
    const told = { uuid: `GPU-${uuid}`, mac: '94:6d:ae:12:34:56', board: '1654123004567' };
    const machine: Machine = {
      ...simulatedMachine(),
      read: async (path) => {
        if (path.endsWith('/host')) return 'compute-17\n';
        if (path.endsWith('/uuid')) return `${uuid.toUpperCase()}\n`;
        throw new DriverError('hardware', 'silent', { cause: Object.assign(new Error(), { code: 'EIO' }) });
      },
      run: async () => ({
        code: 0,
        out: `uuid, serial\n${told.uuid}, ${told.board}, ${told.mac}\n`,
        err: '',
      }),
    };
    const recording = await record(
      askingDriver(['/sys/class/a/host', '/sys/class/a/uuid', '/sys/class/a/dead']),
      machine,
    );
    const text = JSON.stringify(recording).toLowerCase();
    for (const secret of [uuid, told.mac, told.board, 'compute-17']) expect(text).not.toContain(secret);
    expect(recording.paths['/sys/class/a/dead']?.read).toEqual({ errno: 'EIO' });
    const answer = await replayMachine(recording).run('/usr/bin/nvidia-smi', ['-q']);
    expect(answer.out).toMatch(/^uuid, serial\nGPU-[0-9a-f-]{36}, \d{13}, [0-9a-f:]{17}\n$/);
    const upper = recording.paths['/sys/class/a/uuid']?.read;
    expect(answer.out).toContain(String(upper).trim().toLowerCase());
  });

  it("holds what a vendor's library answered and how it failed, and lets it change nothing", async () => {
    const uuid = '8c6b2f4e-1d3a-4b5c-9e7f-0a1b2c3d4e5f';
    const library = {
      cards: () => [{ uuid: `ACC-${uuid}`, board: '1654123004567', watts: 41.5 }],
      powerOf: ({ card }: { card: string }) => {
        throw new DriverError('busy', `${card} is asleep`);
      },
      wake: () => expect.unreachable(),
    };
    const machine = withLibraries(simulatedMachine(), { acmeml: { open: () => library } });
    const recording = await record(libraryDriver('look'), machine);
    expect(JSON.stringify(recording)).not.toMatch(new RegExp(`${uuid}|1654123004567`));
    const { acmeml } = createPortClients({ acmeml: acmemlPort }, replayMachine(recording), {});
    const [card] = await acmeml.cards({});
    expect(card).toMatchObject({ uuid: expect.stringMatching(/^ACC-[0-9a-f-]{36}$/), watts: 41.5 });
    await expect(acmeml.powerOf({ card: card?.uuid ?? '' })).rejects.toMatchObject({ code: 'busy' });
    await expect(acmeml.powerOf({ card: 'never asked' })).rejects.toMatchObject({ code: 'unavailable' });
    await expect(acmeml.wake({})).rejects.toMatchObject({ code: 'unsupported' });
    await expect(record(libraryDriver('wake'), machine)).rejects.toMatchObject({ code: 'denied' });
  });

  it('is not made when the settings hold an identity, and nothing is written meanwhile', async () => {
    await expect(record(table, simulatedMachine(), { only: serial })).rejects.toMatchObject({
      code: 'internal',
    });
    const writes = defineDriver({
      ...table,
      discover: async ({ sys }) => {
        await sys.write('/sys/bus/pci/rescan', '1');
        return [];
      },
    });
    await expect(record(writes, simulatedMachine())).rejects.toMatchObject({ code: 'denied' });
  });
});

const acmemlPort = definePort({
  reads: {
    cards: {
      argument: z.strictObject({}),
      result: z.array(z.strictObject({ uuid: z.string(), board: z.string(), watts: z.number() })),
    },
    powerOf: { argument: z.strictObject({ card: z.string() }), result: z.number() },
  },
  writes: { wake: z.strictObject({}) },
  open: () => {
    throw new Error('it is not installed here');
  },
});

/** Finds a card for each that its library names. */
const libraryDriver = (does: 'look' | 'wake') =>
  defineDriver({
    ...table,
    ports: { acmeml: acmemlPort },
    discover: async ({ ports: { acmeml } }) => {
      if (does === 'wake') await acmeml.wake({});
      const cards = await acmeml.cards({});
      for (const { uuid } of cards) await acmeml.powerOf({ card: uuid }).catch(() => {});
      return cards.map(({ uuid }) => ({
        ...{ identity: uuid, kind: 'AICHIP' as const, vendor: 'acme', model: 'A10', address: 'slot-0' },
        ...{
          numaNode: null,
          health: { state: 'ok' as const },
          firmware: {},
          attributes: {},
          deployables: [],
        },
      }));
    },
  });

/** Asks for these files and a tool, and finds nothing. */
const askingDriver = (paths: readonly string[]) =>
  defineDriver({
    ...table,
    config: z.strictObject({}),
    discover: async ({ sys }) => {
      for (const path of paths) await sys.read(path).catch(() => {});
      await sys.run('/usr/bin/nvidia-smi', ['-q']);
      return [];
    },
  });

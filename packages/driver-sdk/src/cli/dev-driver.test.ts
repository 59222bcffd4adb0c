import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { processesOf, until } from '../../test/host-bench.ts';
import type { DevEvent } from './dev/dev-event.ts';

const program = fileURLToPath(new URL('main.ts', import.meta.url));
const sdk = fileURLToPath(new URL('../..', import.meta.url));
const address = '0000:81:00.0';

let directory: string;
let id: string;

/** A vendor's package with a driver of one table, of an id of its own. */
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dev-driver-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  id = `dev-${directory
    .slice(-6)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, 'x')}`;
  cpSync(join(sdk, 'test/drivers/pci-table/package.json'), join(directory, 'package.json'));
  const packageJson = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const permissions = {
    read: ['/sys/bus', '/sys/bus/pci/**', '/sys/devices/**', '/sys/kernel/iommu_groups/**', '/dev/vfio'],
    write: [
      '/sys/devices/**/driver_override',
      '/sys/bus/pci/drivers/*/{bind,unbind}',
      '/sys/bus/pci/drivers_probe',
    ],
    tools: [],
  };
  const cyborgDriver = { ...packageJson.cyborgDriver, id, match: [{ pci: '1d55:a010' }], permissions };
  const exports = { '.': './src/index.js' };
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ ...packageJson, exports, cyborgDriver }));
  mkdirSync(join(directory, 'src'));
  mkdirSync(join(directory, 'node_modules/@cyborgjs'), { recursive: true });
  symlinkSync(sdk, join(directory, 'node_modules/@cyborgjs/driver-sdk'));
  writeModel('first');
});

const writeModel = (model: string) =>
  writeFileSync(
    join(directory, 'src/index.js'),
    `import { definePciDriver } from '@cyborgjs/driver-sdk';
    export default definePciDriver({
      match: { vendor: '1d55' }, kind: 'AICHIP', resourceClass: 'CUSTOM_ACME', traits: ['OWNER_CYBORG'], model: '${model}',
    });`,
  );

interface Dev {
  readonly child: ChildProcess;
  readonly events: DevEvent[];
  type(line: string): void;
  /** Resolves with an event that fits, of those that came after the last one that did. */
  next<Kind extends DevEvent['event']>(
    kind: Kind,
    fits?: (event: Extract<DevEvent, { event: Kind }>) => boolean,
  ): Promise<Extract<DevEvent, { event: Kind }>>;
  readonly ended: Promise<number | null>;
}

/** `cyborg-driver dev --json` in a process of its own. */
function startDev(...words: readonly string[]): Dev {
  const child = spawn(process.execPath, [program, 'dev', directory, '--json', ...words], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const events: DevEvent[] = [];
  let rest = '';
  child.stdout.on('data', (data) => {
    const lines = `${rest}${data}`.split('\n');
    rest = lines.pop() ?? '';
    events.push(...lines.map((line) => JSON.parse(line) as DevEvent));
  });
  let seen = 0;
  return {
    child,
    events,
    type: (line) => void child.stdin.write(`${line}\n`),
    async next(kind, fits = () => true) {
      type Wanted = Extract<DevEvent, { event: typeof kind }>;
      const find = () =>
        events.findIndex((event, at) => at >= seen && event.event === kind && fits(event as Wanted));
      await until(() => find() >= 0);
      const at = find();
      seen = at + 1;
      return events[at] as Wanted;
    },
    ended: new Promise((resolve) => child.once('exit', resolve)),
  };
}

describe('cyborg-driver dev', () => {
  it('runs the driver on a simulated machine and shows what it does there', { timeout: 60_000 }, async () => {
    const dev = startDev();
    expect((await dev.next('devices')).devices.map((device) => [device.address, device.model])).toEqual([
      [address, 'first'],
      ['0000:82:00.0', 'first'],
    ]);
    dev.type(`attach ${address}`);
    const write = await dev.next('seam', ({ call }) => call.verb === 'write');
    expect(write).toMatchObject({ during: 'attach', ok: true, call: { text: 'vfio-pci' } });
    expect(await dev.next('done')).toMatchObject({ command: `attach ${address}`, answer: { type: 'PCI' } });
    dev.type(`status ${address}`);
    expect(await dev.next('done')).toMatchObject({ answer: 'attached' });
    dev.type('attach 0000:99:00.0');
    expect((await dev.next('failed')).failure.hint).toContain(`There are: ${address}`);
    dev.type('dance');
    expect((await dev.next('failed')).failure.message).toBe('there is no "dance"');
    dev.type('unplug 0000:82:00.0');
    expect((await dev.next('hint')).reason).toBe('0000:82:00.0 went');
    expect((await dev.next('devices')).devices).toHaveLength(1);
    dev.type('quit');
    expect(await dev.ended).toBe(0);
    expect(await processesOf(id, dev.child.pid)).toEqual([]);
  });

  it('starts the driver anew when a file changes, also after one that does not load; attachments stay', {
    timeout: 60_000,
  }, async () => {
    const dev = startDev();
    await dev.next('devices');
    dev.type(`attach ${address}`);
    await dev.next('done');
    writeFileSync(join(directory, 'src/index.js'), 'export default {');
    expect((await dev.next('changed')).files).toEqual(['src/index.js']);
    expect((await dev.next('state', ({ failure }) => failure !== null)).failure?.message).toContain(
      'cannot start',
    );
    writeModel('second');
    const { devices } = await dev.next('devices');
    expect(devices[0]).toMatchObject({ model: 'second' });
    dev.type(`status ${address}`);
    expect(await dev.next('done', ({ command }) => command.startsWith('status'))).toMatchObject({
      answer: 'attached',
    });
    dev.child.kill('SIGINT');
    expect(await dev.ended).toBe(0);
    expect(await processesOf(id, dev.child.pid)).toEqual([]);
  });

  it('says which machines there are', async () => {
    const child = spawn(process.execPath, [program, 'dev', directory, '--machine', '7'], { stdio: 'pipe' });
    let said = '';
    child.stderr.on('data', (data) => {
      said += data;
    });
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(2);
    expect(said).toContain('there is no machine "7"; there are 1 two made-up cards 1d55:a010');
  });
});

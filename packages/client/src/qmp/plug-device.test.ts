import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plugDevice, unplugDevice } from './plug-device.ts';
import { openQmp, QmpError } from './qmp-session.ts';

const qemu = 'qemu-system-x86_64';
const missing = spawnSync(qemu, ['--version']).status === 0 ? '' : ` (skipped: there is no ${qemu})`;

/** What gives way at once, and what waits for a guest that never runs here. */
const tablet = deviceOf('tablet', { driver: 'usb-tablet', bus: 'xhci.0' });
const card = deviceOf('card', { driver: 'virtio-rng-pci', bus: 'rp0' });

function deviceOf(id: string, args: Record<string, string>) {
  return {
    id,
    attach: [{ execute: 'device_add', arguments: { ...args, id } }],
    detach: [{ execute: 'device_del', arguments: { id } }],
  };
}

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cyborg-qmp-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe.skipIf(missing !== '')(`a running QEMU${missing}`, () => {
  const socket = () => join(directory, 'qmp');
  let child: ChildProcess;
  beforeAll(async () => {
    const args = ['-machine', 'q35', '-accel', 'tcg', '-m', '64', '-nodefaults', '-display', 'none', '-S'];
    const devices = ['-device', 'qemu-xhci,id=xhci', '-device', 'pcie-root-port,id=rp0,chassis=1,slot=1'];
    child = spawn(qemu, [...args, ...devices, '-qmp', `unix:${socket()},server=on,wait=off`]);
    for (let tries = 0; tries < 100; tries += 1) {
      const qmp = await openQmp(socket()).catch(() => undefined);
      if (qmp !== undefined) return qmp.close();
      await sleep(100);
    }
  });
  afterAll(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  it('takes a device and gives it back, each once however often it is asked', async () => {
    const qmp = await openQmp(socket());
    await plugDevice(qmp, tablet, undefined);
    await plugDevice(qmp, tablet, undefined);
    await unplugDevice(qmp, tablet, 10_000);
    await unplugDevice(qmp, tablet, 10_000);
    await plugDevice(qmp, tablet, undefined);
    await unplugDevice(qmp, tablet, 10_000);
    qmp.close();
  });

  it('plugs into the bus that is named, and says what it does not take', async () => {
    const qmp = await openQmp(socket());
    await expect(plugDevice(qmp, card, 'nowhere')).rejects.toThrow(/Bus 'nowhere' not found/);
    await expect(
      plugDevice(qmp, deviceOf('gpu', { driver: 'vfio-pci', host: '0000:ff:1f.7' }), 'rp0'),
    ).rejects.toThrow(/vfio .*0000:ff:1f.7/);
    qmp.close();
  });

  it('does not say that a device is gone which is still there', async () => {
    const qmp = await openQmp(socket());
    await plugDevice(qmp, card, undefined);
    const asked = await unplugDevice(qmp, card, 300).then(
      () => 'gone',
      (error: unknown) => (error as Error).message,
    );
    const left = JSON.stringify(await qmp.execute('qom-list', { path: '/machine/peripheral' }));
    expect(asked === 'gone').toBe(!left.includes('"card"'));
    qmp.close();
  });

  it('serves one at a time, which the second is told', async () => {
    const qmp = await openQmp(socket());
    await expect(openQmp(socket(), 300)).rejects.toThrow(/another client/);
    qmp.close();
  });
});

describe('a socket', () => {
  it.each([
    ['that is not there', () => join(directory, 'none'), /ENOENT/],
    ['that is a file', () => plainFile(), /cannot speak with a QEMU/],
  ])('%s is named', async (_what, path, message) => {
    await expect(openQmp(path())).rejects.toThrow(message);
  });

  it('behind which something else speaks is refused', async () => {
    const path = join(directory, 'other');
    const server = createServer((socket) => void socket.write('hello\n')).listen(path);
    await once(server, 'listening');
    await expect(openQmp(path)).rejects.toThrow(/no QEMU Machine Protocol/);
    server.close();
  });

  it('that closes in the middle ends what waits', async () => {
    const path = join(directory, 'dying');
    const server = createServer((socket) => {
      socket.write('{"QMP":{"version":{}}}\n');
      socket.on('data', () => socket.destroy());
    }).listen(path);
    await once(server, 'listening');
    await expect(openQmp(path)).rejects.toThrow(QmpError);
    server.close();
  });
});

function plainFile(): string {
  const path = join(directory, 'file');
  writeFileSync(path, '');
  return path;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { attachRequest, failureOf, processesOf, runningHostOf, until } from '../../test/host-bench.ts';
import { createFileRecords } from '../records/file-records.ts';
import type { DriverHost } from './driver-host.ts';
import { createDriverRecords } from './driver-records.ts';
import { listHeldAttachments } from './held-attachments.ts';

const { device } = attachRequest();

/** Has the driver keep something; what it had kept before. */
async function keep(host: DriverHost, options: Record<string, string> = {}): Promise<string> {
  return (await host.call('install', { device, options })).model;
}

function aDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'driver-store-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

describe("a driver's store", () => {
  it('outlives the driver and its host', async () => {
    const directory = aDirectory();
    const first = await runningHostOf('remembers', { records: createFileRecords(directory) });
    expect(await keep(first.host, { value: '{"layout":["a","b"]}' })).toBe('nothing');
    for (const pid of await processesOf('remembers')) process.kill(pid, 'SIGKILL');
    await until(() => first.host.status().restarts === 1 && first.host.status().state === 'running');
    expect(await keep(first.host)).toBe('{"layout":["a","b"]}');
    await first.host.stop();

    const second = await runningHostOf('remembers', { records: createFileRecords(directory) });
    expect(await keep(second.host)).toBe('{"layout":["a","b"]}');
    await second.host.call('uninstall', { device, options: {} });
    expect(await keep(second.host)).toBe('nothing');
  });

  it('keeps null, and forgets over a reboot what holds for one boot', async () => {
    const records = createFileRecords(aDirectory());
    const first = await runningHostOf('remembers', { records, bootId: 'boot-1' });
    await keep(first.host, { key: 'for-ever', value: 'null' });
    await keep(first.host, { key: 'boot', value: '1', until: 'reboot' });
    await first.host.stop();
    const again = await runningHostOf('remembers', { records, bootId: 'boot-1' });
    expect(await keep(again.host, { key: 'boot' })).toBe('1');
    await again.host.stop();
    const rebooted = await runningHostOf('remembers', { records, bootId: 'boot-2' });
    expect(await keep(rebooted.host, { key: 'boot' })).toBe('nothing');
    expect(await keep(rebooted.host, { key: 'for-ever' })).toBe('null');
  });

  it('is not changed by a plan', async () => {
    const { host } = await runningHostOf('remembers');
    await host.plan('install', { device, options: { value: '1' } });
    expect(await keep(host)).toBe('nothing');
  });

  it('is whole after its agent was killed in the middle of writing, and holds what was acknowledged', async () => {
    const directory = aDirectory();
    const script = join(import.meta.dirname, '../../test/counting-agent.ts');
    const agent = spawn(process.execPath, ['--conditions=cyborg-source', script, directory, 'counting'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void agent.kill('SIGKILL'));
    let counted = 0;
    createInterface({ input: agent.stdout }).on('line', (line) => {
      counted = Number(line.split(' ')[1]);
      if (counted === 20) agent.kill('SIGKILL');
    });
    await once(agent, 'close');
    expect(counted).toBeGreaterThanOrEqual(20);
    const store = createDriverRecords({
      driver: 'counting',
      records: createFileRecords(directory),
      bootId: 'this boot',
    });
    const kept = (await store.get('key')) as { readonly number: number; readonly filling: string };
    expect(kept.number).toBeGreaterThanOrEqual(counted);
    expect(kept.filling).toHaveLength(10_000);
    // The agent that died may have left a temporary file; no record is hurt by it.
    const files = readdirSync(join(directory, 'store.counting'));
    expect(files.filter((file) => file.endsWith('.record'))).toEqual(['key.record']);
    expect(readFileSync(join(directory, 'store.counting/key.record'), 'utf8')).toMatch(/^cyborg-record 1 /);
  });

  it('says what it does not take', async () => {
    const { host } = await runningHostOf('remembers');
    const long = JSON.stringify('x'.repeat(70_000));
    expect(await failureOf(keep(host, { key: 'no blanks', value: '1' }))).toMatchObject({
      code: 'invalid',
      message: '"no blanks" is no key of a driver\'s store',
    });
    expect(await failureOf(keep(host, { value: long }))).toMatchObject({
      code: 'invalid',
      message: '70002 bytes of JSON for key; the store takes 65536',
    });
  });

  it('is full at some point, but not of what an earlier boot has left', async () => {
    const records = createFileRecords(aDirectory());
    const store = createDriverRecords({ driver: 'x', records, bootId: 'boot-1' });
    for (let n = 0; n < 256; n++) await store.set(`key-${n}`, n, n < 10 ? { until: 'reboot' } : {});
    expect(await failureOf(store.set('one-more', 1))).toMatchObject({
      code: 'invalid',
      message: 'the store of x is full: it keeps 256 keys',
    });
    await store.set('key-7', 'changed');
    const rebooted = createDriverRecords({ driver: 'x', records, bootId: 'boot-2' });
    await rebooted.set('one-more', 1);
    expect(await rebooted.get('one-more')).toBe(1);
    expect(await rebooted.get('key-7')).toBe('changed');
  });
});

describe('a driver that dies in the middle of attach', () => {
  it('has what it left undone by its next process, and is asked again', async () => {
    const records = createFileRecords(aDirectory());
    const { host, root } = await runningHostOf('remembers', { records });
    const request = { ...attachRequest(), options: { die: 'between' } };
    const content = (): string => readFileSync(join(root, 'cards/handle-0'), 'utf8').trim();
    const failure = await failureOf(host.call('attach', request));
    expect(failure).toMatchObject({ code: 'unavailable', retry: 'now' });
    await until(async () => (await listHeldAttachments(records)).attachments.length === 0);
    expect(content()).toBe('');
    await host.call('attach', request);
    expect(content()).toBe('on');
    expect((await listHeldAttachments(records)).attachments).toMatchObject([
      { state: 'attached', handle: { id: 'handle-0' }, trouble: null },
    ]);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { failureOf, openGuard, requestOn } from '../../test/guard-bench.ts';
import { DriverError } from '../driver-error.ts';
import type { SeamCall } from '../machine/observe-machine.ts';
import { createFileRecords } from '../records/file-records.ts';

describe('ownership of handles', () => {
  it('gives the same owner the same answer without a write', async () => {
    const bench = openGuard();
    const request = await requestOn(bench);
    const answer = await bench.mutate('attach', request);
    const writes = bench.writes();
    expect(writes).toBeGreaterThan(0);
    for (let time = 0; time < 10; time++) expect(await bench.mutate('attach', request)).toEqual(answer);
    expect(bench.writes()).toBe(writes);
    expect(await bench.held()).toMatchObject([{ state: 'attached', info: answer, seen: 'attached' }]);
  });

  it('refuses another owner and other options without touching the seam', async () => {
    const bench = openGuard();
    const request = await requestOn(bench);
    await bench.mutate('attach', request);
    bench.calls.length = 0;
    const other = { ...request, consumer: { ...request.consumer, id: 'b' } };
    const inUse = await failureOf(bench.mutate('attach', other));
    expect(inUse).toMatchObject({ code: 'in_use', message: expect.stringContaining('instance a (direct)') });
    const conflict = await failureOf(bench.mutate('attach', { ...request, options: { x: '1' } }));
    expect(conflict.code).toBe('conflict');
    expect(await failureOf(bench.mutate('detach', other))).toMatchObject({ code: 'in_use' });
    expect(bench.calls).toEqual([]);
    await bench.mutate('detach', other, true);
    expect(await bench.statusOf(request)).toBe('detached');
    expect(await bench.held()).toEqual([]);
  });

  it('has one effect and equal answers when asked eight times at once', async () => {
    const bench = openGuard();
    const request = await requestOn(bench);
    const answers = await Promise.all(Array.from({ length: 8 }, () => bench.mutate('attach', request)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    await bench.mutate('detach', request);
    const owners = await Promise.allSettled(
      Array.from({ length: 8 }, (_, n) =>
        bench.mutate('attach', { ...request, consumer: { ...request.consumer, id: `${n}` } }),
      ),
    );
    expect(owners.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of owners)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'in_use' });
  });

  it('loses nothing when siblings come and go at once', async () => {
    const bench = openGuard();
    const requests = await Promise.all([0, 1, 2, 3].map((n) => requestOn(bench, `${n}`, n)));
    for (let round = 0; round < 10; round++) {
      await Promise.all(requests.map((request) => bench.mutate('attach', request)));
      expect(await bench.held()).toHaveLength(4);
      await Promise.all(requests.map((request) => bench.mutate('detach', request)));
    }
    expect(await bench.held()).toEqual([]);
    for (const request of requests) expect(await bench.statusOf(request)).toBe('detached');
  });

  it('keeps a device as it is laid out while parts of it are held', async () => {
    const bench = openGuard();
    const request = await requestOn(bench);
    await bench.mutate('attach', request);
    for (const verb of ['install', 'uninstall', 'program'] as const) {
      const argument = { device: request.device, options: {}, image: '/image' };
      const failure = await failureOf(bench.mutate(verb, argument));
      expect(failure).toMatchObject({
        code: 'in_use',
        message: expect.stringContaining(`${request.handle.id} by instance a (direct)`),
      });
    }
  });

  it('asks for a detach of what was never attached, and writes nothing', async () => {
    const bench = openGuard();
    const request = await requestOn(bench);
    await bench.mutate('detach', request);
    expect(bench.calls.length).toBeGreaterThan(0);
    expect(bench.writes()).toBe(0);
    expect(await bench.held()).toEqual([]);
  });

  it('does nothing that cannot be written down, and says why', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'guarded-records-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    writeFileSync(join(directory, 'attachment'), 'a file where a directory should be');
    const bench = openGuard({ records: createFileRecords(directory) });
    const request = await requestOn(bench);
    expect(await failureOf(bench.mutate('attach', request))).toMatchObject({
      code: 'unavailable',
      retry: 'later',
      message: expect.stringContaining('ENOTDIR'),
      hint: expect.stringContaining('state directory'),
    });
    expect(bench.calls).toEqual([]);
  });

  it('leaves no trace of what could not even be asked', async () => {
    const bench = openGuard();
    const request = await requestOn(bench);
    const gone = new DriverError('unavailable', 'the driver is not running');
    const order = { verb: 'attach', argument: request, signal: new AbortController().signal } as const;
    await failureOf(bench.guard.mutate(order, () => Promise.reject(gone)));
    expect(await bench.held()).toEqual([]);
  });
});

describe('a failed attach', () => {
  const failAtWrite = (error: DriverError, nth = 2) => {
    let writes = 0;
    let failed = false;
    return (call: SeamCall) => {
      if (failed || call.verb !== 'write' || ++writes < nth) return undefined;
      failed = true;
      return error;
    };
  };

  it('is undone when it is not to be tried again', async () => {
    const bench = openGuard();
    const request = await requestOn(bench);
    bench.setFault(failAtWrite(new DriverError('canceled', 'stop')));
    expect(await failureOf(bench.mutate('attach', request))).toMatchObject({ code: 'canceled' });
    await bench.guard.idle();
    expect(await bench.held()).toEqual([]);
    expect(await bench.statusOf(request)).toBe('detached');
  });

  it('stays with its owner half done when it is, and goes on from there', async () => {
    const bench = openGuard();
    const request = await requestOn(bench);
    bench.setFault(failAtWrite(new DriverError('busy', 'held open by pid 7')));
    await failureOf(bench.mutate('attach', request));
    await bench.guard.idle();
    expect(await bench.held()).toMatchObject([
      { state: 'attaching', seen: 'partial', trouble: 'held open by pid 7' },
    ]);
    await bench.mutate('attach', request);
    expect(await bench.held()).toMatchObject([{ state: 'attached', trouble: null }]);
  });

  it('is undone for the next one who is given the handle: nobody was told that he has it', async () => {
    const bench = openGuard();
    const request = await requestOn(bench);
    bench.setFault(failAtWrite(new DriverError('busy', 'held open by pid 7')));
    await failureOf(bench.mutate('attach', request));
    const other = { ...request, consumer: { ...request.consumer, id: 'b' } };
    await bench.mutate('attach', other);
    expect(await bench.held()).toMatchObject([{ state: 'attached', consumer: { id: 'b' } }]);
    expect(await failureOf(bench.mutate('attach', request))).toMatchObject({ code: 'in_use' });
  });

  it('is forgotten when the machine shows nothing of it', async () => {
    const bench = openGuard();
    const request = await requestOn(bench);
    bench.setFault(failAtWrite(new DriverError('busy', 'held open by pid 7'), 1));
    await failureOf(bench.mutate('attach', request));
    await bench.guard.idle();
    expect(await bench.held()).toEqual([]);
  });

  it('is kept when it was cut off, though the machine shows nothing yet: a write may hang', async () => {
    const bench = openGuard();
    const request = await requestOn(bench);
    bench.setFault(failAtWrite(new DriverError('timeout', 'it hung'), 1));
    await failureOf(bench.mutate('attach', request));
    await bench.guard.idle();
    expect(await bench.held()).toMatchObject([{ state: 'attaching', seen: 'detached', trouble: 'it hung' }]);
  });

  it('takes nothing from an owner who has it already', async () => {
    const bench = openGuard();
    const request = await requestOn(bench);
    await bench.mutate('attach', request);
    bench.setFault(() => new DriverError('canceled', 'stop'));
    await failureOf(bench.mutate('attach', request));
    bench.setFault(() => undefined);
    await bench.guard.idle();
    expect(await bench.held()).toMatchObject([{ state: 'attached', trouble: 'stop' }]);
    expect(await bench.statusOf(request)).toBe('attached');
  });

  it('of a handle that does not exist leaves nothing', async () => {
    const bench = openGuard();
    const request = { ...(await requestOn(bench)), handle: { id: '0000:99:00.0', type: 'PCI' as const } };
    expect(await failureOf(bench.mutate('attach', request))).toMatchObject({ code: 'not_found' });
    await bench.guard.idle();
    expect(bench.writes()).toBe(0);
    expect(await bench.held()).toEqual([]);
  });
});

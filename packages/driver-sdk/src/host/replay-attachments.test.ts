import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildNic, failureOf, type GuardBench, openGuard, requestOn } from '../../test/guard-bench.ts';
import type { AttachRequest } from '../driver.ts';
import { DriverError } from '../driver-error.ts';
import type { SeamCall } from '../machine/observe-machine.ts';
import { createFileRecords } from '../records/file-records.ts';
import { createMemoryRecords } from '../records/memory-records.ts';
import { buildMachine } from '../simulator/index.ts';
import { attachmentRecords } from './attachment-entry.ts';
import { listHeldAttachments } from './held-attachments.ts';

describe('after a restart', () => {
  const crashAtWrite = (nth: number) => {
    let writes = 0;
    return (call: SeamCall) => (call.verb === 'write' && ++writes >= nth ? ('crash' as const) : undefined);
  };
  /** Begins something and is gone at its nth write. */
  async function crash(bench: GuardBench, verb: 'attach' | 'detach', nth: number): Promise<AttachRequest> {
    const request = await requestOn(bench);
    if (verb === 'detach') await bench.mutate('attach', request);
    bench.setFault(crashAtWrite(nth));
    void bench.mutate(verb, request);
    await bench.crashed;
    expect(await bench.held()).toMatchObject([{ state: `${verb}ing` }]);
    return request;
  }

  it.each(['attach', 'detach'] as const)('undoes or finishes %s, wherever it was cut off', async (verb) => {
    for (const nth of [1, 2]) {
      const before = openGuard();
      const request = await crash(before, verb, nth);
      const after = openGuard({ records: before.records, root: before.root });
      await after.guard.replay();
      expect(await after.held()).toEqual([]);
      expect(await after.statusOf(request)).toBe('detached');
    }
  });

  it('keeps what was done and not written down, and learns the answer', async () => {
    const before = openGuard();
    const request = await requestOn(before);
    const answer = await before.mutate('attach', request);
    const [entry] = await before.records.readAll(attachmentRecords).then((all) => [...all.values()]);
    if (entry === undefined) throw new Error('nothing was written');
    await before.records.write(attachmentRecords, `nic/${request.handle.id}`, {
      ...entry,
      state: 'attaching',
      info: null,
    });
    const after = openGuard({ records: before.records, root: before.root });
    await after.guard.replay();
    expect(after.writes()).toBe(0);
    expect(await after.held()).toMatchObject([{ state: 'attached', info: answer }]);
  });

  it('after a reboot keeps an attachment that the machine lost, for its holder only', async () => {
    const before = openGuard();
    const request = await requestOn(before);
    await before.mutate('attach', request);
    const rebooted = openGuard({ records: before.records, bootId: 'boot-2' });
    await rebooted.guard.replay();
    expect(await rebooted.held()).toMatchObject([
      {
        state: 'attached',
        seen: 'detached',
        trouble: expect.stringContaining('attach it again, or detach it'),
      },
    ]);
    const other = { ...request, consumer: { ...request.consumer, id: 'b' } };
    expect(await failureOf(rebooted.mutate('attach', other))).toMatchObject({ code: 'in_use' });
    await rebooted.mutate('attach', request);
    expect(await rebooted.statusOf(request)).toBe('attached');
    expect(await rebooted.held()).toMatchObject([{ state: 'attached', seen: 'attached', trouble: null }]);
  });

  it('after a reboot forgets a handle whose address now is another card', async () => {
    const before = openGuard();
    const request = await requestOn(before);
    const swapped = { ...request, device: { ...request.device, identity: 'a card that moved' } };
    await before.mutate('attach', swapped);
    const rebooted = openGuard({ records: before.records, bootId: 'boot-2' });
    await rebooted.guard.replay();
    expect(await rebooted.held()).toEqual([]);
    expect(rebooted.writes()).toBe(0);
  });

  it('keeps what its driver cannot tell, with the reason, and holds nothing else up', async () => {
    const before = openGuard();
    const first = await requestOn(before, 'a', 0);
    const second = await requestOn(before, 'b', 1);
    await before.mutate('attach', first);
    await before.mutate('attach', second);
    const after = openGuard({ records: before.records, root: before.root });
    after.setFault((call) =>
      JSON.stringify(call).includes(first.handle.id)
        ? new DriverError('hardware', 'it does not answer')
        : undefined,
    );
    await after.guard.replay();
    expect(await after.held()).toMatchObject([
      { state: 'attached', seen: null, trouble: 'its driver could not say: it does not answer' },
      { state: 'attached', seen: 'attached', trouble: null },
    ]);
  });

  it.each([
    ['boot-1', 'the machine shows it detached: attach it again, or detach it'],
    ['boot-2', 'nothing on this machine has its handle'],
  ])('keeps an attachment of a card that is gone, until it is detached: %s', async (bootId, trouble) => {
    const before = openGuard();
    const request = await requestOn(before);
    await before.mutate('attach', request);
    const empty = mkdtempSync(join(tmpdir(), 'empty-machine-'));
    onTestFinished(() => rmSync(empty, { recursive: true }));
    buildMachine({ root: empty, cards: [] });
    const after = openGuard({ records: before.records, root: empty, bootId });
    await after.guard.replay();
    expect(await after.held()).toMatchObject([{ state: 'attached', seen: 'detached', trouble }]);
    await after.mutate('detach', request);
    expect(await after.held()).toEqual([]);
    expect(after.writes()).toBe(0);
  });

  it('gives a handle to nobody whose record is spoilt, until somebody detaches it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'guarded-records-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const before = openGuard({ records: createFileRecords(directory) });
    const request = await requestOn(before);
    await before.mutate('attach', request);
    const [file = ''] = readdirSync(join(directory, 'attachment'));
    writeFileSync(join(directory, 'attachment', file), 'garbage');

    const after = openGuard({ records: createFileRecords(directory), root: before.root });
    await after.guard.replay();
    expect((await listHeldAttachments(after.records)).unreadable).toEqual([
      { driver: 'nic', handle: request.handle.id },
    ]);
    expect(await failureOf(after.mutate('attach', request))).toMatchObject({ code: 'in_use' });
    const { device } = request;
    expect(await failureOf(after.mutate('install', { device, options: {} }))).toMatchObject({
      code: 'in_use',
    });
    await after.mutate('detach', request);
    expect(await after.statusOf(request)).toBe('detached');
    await after.mutate('attach', { ...request, consumer: { ...request.consumer, id: 'b' } });
    expect(await listHeldAttachments(after.records)).toMatchObject({
      attachments: [{ consumer: { id: 'b' } }],
      unreadable: [],
    });
  });
});

describe('whatever happens', () => {
  const Step = fc.record({
    verb: fc.constantFrom('attach', 'detach'),
    consumer: fc.constantFrom('a', 'b'),
    /** At which use of the seam something happens, and what. */
    at: fc.integer({ min: 1, max: 40 }),
    fault: fc.constantFrom('none', 'error', 'crash', 'reboot'),
  });

  it('one holder at most has a handle, and a last detach leaves the machine clean', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(Step, { maxLength: 8 }), async (steps) => {
        const records = createMemoryRecords();
        const root = mkdtempSync(join(tmpdir(), 'guarded-machine-'));
        buildNic(root, 1);
        let boot = 1;
        let bench = openGuard({ records, root, bootId: `boot-${boot}` });
        try {
          const request = await requestOn(bench);
          for (const { verb, consumer, at, fault } of steps) {
            let uses = 0;
            bench.setFault(() => {
              if (fault === 'none' || ++uses !== at) return undefined;
              return fault === 'error' ? new DriverError('hardware', 'EIO') : 'crash';
            });
            const held = await bench.held();
            const asked = { ...request, consumer: { ...request.consumer, id: consumer } };
            const ended = bench
              .mutate(verb, asked)
              .then(
                () => 'done',
                (error: DriverError) => error.code,
              )
              .finally(() => bench.guard.idle());
            const outcome = await Promise.race([ended, bench.crashed]);
            const [holder] = held;
            const isOthers = holder !== undefined && holder.consumer.id !== consumer;
            if (isOthers && (verb === 'detach' || holder.state === 'attached'))
              expect(outcome).toBe('in_use');
            if (outcome === 'crashed') {
              if (fault === 'reboot') boot++;
              bench = openGuard({ records, root, bootId: `boot-${boot}` });
              await bench.guard.replay();
            }
            const now = await bench.held();
            expect(now.length).toBeLessThanOrEqual(1);
            bench.setFault(() => undefined);
            if (now.length === 0) expect(await bench.statusOf(request)).toBe('detached');
            if (now[0]?.state === 'attached') expect(await bench.statusOf(request)).toBe('attached');
          }
          bench.setFault(() => undefined);
          const [left] = await bench.held();
          await bench.mutate('detach', { ...request, consumer: left?.consumer ?? request.consumer });
          expect(await bench.held()).toEqual([]);
          expect(await bench.statusOf(request)).toBe('detached');
        } finally {
          rmSync(root, { recursive: true });
        }
      }),
      { numRuns: 25 },
    );
  });
});

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Driver, defineDriver } from '../driver.ts';
import type { DriverContext } from '../driver-context.ts';
import { DriverError } from '../driver-error.ts';
import { createRealMachine } from '../machine/create-real-machine.ts';
import { type CalledVerb, callDriver } from './call-driver.ts';
import { describeCall, type FaultPlan } from './fault-machine.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cyborg-call-'));
  mkdirSync(`${root}/sys`);
  writeFileSync(`${root}/sys/state`, 'idle\n');
});
afterEach(() => rmSync(root, { recursive: true }));

const permissions = { read: ['/sys/**'], write: ['/sys/*'], tools: [] };

/** A driver whose attach reads the state and writes `busy` to it, and which can be told otherwise. */
function driverWith(attach: (context: DriverContext) => Promise<unknown> = setBusy): Driver<never> {
  return defineDriver({
    config: z.object({}),
    discover: async () => [],
    status: async () => 'detached',
    attach: attach as never,
    detach: async () => {},
  }) as Driver<never>;
}

async function setBusy({ sys }: DriverContext): Promise<unknown> {
  if ((await sys.read('/sys/state')) !== 'busy\n') await sys.write('/sys/state', 'busy\n');
  return { type: 'PCI', info: {} };
}

function call(driver: Driver<never>, plan?: FaultPlan, verb: CalledVerb = 'attach') {
  return callDriver({
    driver,
    machine: createRealMachine({ root }),
    permissions,
    config: {},
    verb,
    deadlineAt: 0,
    ...(plan === undefined ? {} : { plan }),
  });
}

const state = (): string => readFileSync(`${root}/sys/state`, 'utf8');

describe('a verb call of the kit', () => {
  it('records every use of the seam in order', async () => {
    const { calls } = await call(driverWith());
    expect(calls.map(describeCall)).toEqual([
      'call 1, read /sys/state',
      'call 2, write "busy\\n" to /sys/state',
    ]);
  });

  it('lets only data through, as the wire between processes does', async () => {
    const kept = { info: { slot: '1' }, made: new Date(0), left: undefined };
    const outcome = await call(driverWith(async () => kept));
    expect(outcome).toMatchObject({ kind: 'answered' });
    expect('value' in outcome && outcome.value).toEqual({
      info: { slot: '1' },
      made: '1970-01-01T00:00:00.000Z',
    });
    expect(await call(driverWith(async () => ({ big: 1n })))).toMatchObject({
      kind: 'failed',
      failure: { code: 'internal' },
    });
  });

  it('takes a throw that is no DriverError for what it is', async () => {
    const thrower = driverWith(async () => {
      throw new TypeError('x is not a function');
    });
    expect(await call(thrower)).toMatchObject({
      kind: 'failed',
      typed: false,
      failure: { code: 'internal', message: 'TypeError: x is not a function' },
    });
  });

  it('notes what the manifest does not allow, even when the driver hides it', async () => {
    const hiding = driverWith(async ({ sys }) => sys.read('/etc/shadow').catch(() => undefined));
    const { kind, denials } = await call(hiding);
    expect(kind).toBe('answered');
    expect(denials).toEqual(['the driver may not read /etc/shadow']);
  });

  it('calls a verb that is not defined unsupported', async () => {
    expect(await call(driverWith(), undefined, 'install')).toMatchObject({
      kind: 'failed',
      failure: { code: 'unsupported' },
    });
  });
});

describe('a planned fault', () => {
  const atWrite =
    (fault: ReturnType<FaultPlan>): FaultPlan =>
    ({ verb }) =>
      verb === 'write' ? fault : undefined;

  it.each([
    ['EBUSY', 'busy'],
    ['EACCES', 'denied'],
    ['ENODEV', 'hardware'],
  ])('fails a write with %s as the machine would, without effect', async (errno, code) => {
    const outcome = await call(driverWith(), atWrite({ kind: 'error', errno }));
    expect(outcome).toMatchObject({ kind: 'failed', typed: true, failure: { code } });
    expect(state()).toBe('idle\n');
  });

  it('makes a file absent to a read with ENOENT', async () => {
    const reader = driverWith(async ({ sys }) => (await sys.read('/sys/state')) ?? 'absent');
    expect(await call(reader, () => ({ kind: 'error', errno: 'ENOENT' }))).toMatchObject({ value: 'absent' });
  });

  it.each([
    ['crash-before', 'idle\n', 'crashed'],
    ['crash-after', 'busy\n', 'crashed'],
    ['applied-but-failed', 'busy\n', 'failed'],
  ] as const)('%s leaves the machine as %j', async (kind, left, ended) => {
    const outcome = await call(driverWith(), atWrite({ kind }));
    expect(outcome.kind).toBe(ended);
    expect(state()).toBe(left);
  });

  it('lets nothing happen after a crash', async () => {
    const insisting = driverWith(async ({ sys }) => {
      await sys.read('/sys/state');
      await sys.write('/sys/state', 'busy\n');
    });
    const outcome = await call(insisting, ({ verb }) =>
      verb === 'read' ? { kind: 'crash-after' } : undefined,
    );
    expect(outcome.kind).toBe('crashed');
    expect(state()).toBe('idle\n');
  });

  it.each([
    ['hang', 'timeout'],
    ['cancel', 'canceled'],
  ] as const)('%s ends the call with %s', async (kind, code) => {
    expect(await call(driverWith(), atWrite({ kind }))).toMatchObject({ kind: 'failed', failure: { code } });
  });

  it('finds a driver that does not come back from a cancellation', async () => {
    const deaf = driverWith(async ({ sys }) => {
      await sys.read('/sys/state').catch(() => {});
      await new Promise(() => {});
    });
    expect((await call(deaf, () => ({ kind: 'cancel' }))).kind).toBe('stuck');
  });

  it('passes on what a driver makes of an abort', async () => {
    const rude = driverWith(async ({ sys }) => {
      await sys.read('/sys/state').catch((cause: unknown) => {
        throw new DriverError('hardware', 'it broke', { cause });
      });
    });
    expect(await call(rude, () => ({ kind: 'cancel' }))).toMatchObject({ failure: { code: 'hardware' } });
  });
});

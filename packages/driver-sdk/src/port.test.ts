import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createPortClients } from './create-port-clients.ts';
import { createRealMachine } from './machine/create-real-machine.ts';
import { guardMachine } from './machine/guard-machine.ts';
import { withLibraries } from './machine/with-libraries.ts';
import { definePort, type PortLibrary } from './port.ts';

const Card = z.strictObject({ card: z.string() });
const reads = { temperature: { argument: Card, result: z.number() } };
const writes = { setFan: Card.extend({ percent: z.number().max(100) }) };

const usual: PortLibrary<typeof reads, typeof writes> = { temperature: () => 41, setFan: () => {} };

/** A port over a library that differs from the usual one. */
function aPort(library: object = {}, open = () => ({ ...usual, ...library })) {
  const sensors = definePort({ reads, writes, open });
  const sys = withLibraries(createRealMachine(), { sensors });
  const { signal } = new AbortController();
  return { sys, signal, ...createPortClients({ sensors }, sys, { signal }) };
}

describe('a port', () => {
  it('passes data on, and the signal of the call', async () => {
    const asked: unknown[] = [];
    const { sensors, signal } = aPort({ setFan: (...args: unknown[]) => asked.push(...args) });
    expect(await sensors.temperature({ card: 'a' })).toBe(41);
    expect(await sensors.setFan({ card: 'a', percent: 40 })).toBeUndefined();
    expect(asked).toEqual([{ card: 'a', percent: 40 }, { signal }]);
  });

  it('refuses what the library does not take, before it is called', async () => {
    const { sensors } = aPort({ setFan: () => expect.unreachable() });
    await expect(sensors.setFan({ card: 'a', percent: 140 })).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining(
        'sensors.setFan was called with something else than it takes: percent',
      ),
    });
  });

  it.each([
    ['garbage: .: Invalid input', 'hot'],
    ['what is no JSON', 41n],
    ['garbage: .: Invalid input', undefined],
  ])('takes an answer for a failure of the hardware that is %s', async (complaint, answer) => {
    const { sensors } = aPort({ temperature: () => answer });
    await expect(sensors.temperature({ card: 'a' })).rejects.toMatchObject({
      code: 'hardware',
      message: expect.stringContaining(`sensors.temperature answered ${complaint}`),
    });
  });

  it.each([
    ['hardware', new Error('ERROR_GPU_IS_LOST')],
    ['busy', Object.assign(new Error('held'), { code: 'EBUSY' })],
    ['hardware', 'ERROR_7'],
  ])('has a failure of the library as %s', async (code, thrown) => {
    const { sensors } = aPort({ temperature: () => Promise.reject(thrown) });
    const failure = sensors.temperature({ card: 'a' });
    await expect(failure).rejects.toMatchObject({ name: 'DriverError', code });
    await expect(failure).rejects.toThrow('sensors.temperature');
  });

  it('opens its library once, and again where that failed', async () => {
    let opened = 0;
    const { sensors } = aPort({}, () => {
      opened += 1;
      if (opened === 1) throw new Error('libsensors.so.1: cannot open shared object file');
      return usual;
    });
    await expect(sensors.temperature({ card: 'a' })).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('the library of port sensors cannot be opened: libsensors.so.1'),
    });
    await sensors.temperature({ card: 'a' });
    await sensors.temperature({ card: 'b' });
    expect(opened).toBe(2);
  });

  it.each([
    ['read', 'the driver may not call sensors.setFan, which writes'],
    [undefined, 'the driver may not call sensors.temperature'],
  ])('is held against the permission %s of the manifest', async (access, message) => {
    const { sys, signal } = aPort();
    const ports = access === undefined ? {} : { sensors: 'read' as const };
    const guarded = guardMachine(sys, { read: [], write: [], tools: [], ports });
    const sensors = createPortClients(
      { sensors: definePort({ reads, writes, open: () => usual }) },
      guarded,
      {
        signal,
      },
    ).sensors;
    const call = async (): Promise<void> => {
      await sensors.temperature({ card: 'a' });
      await sensors.setFan({ card: 'a', percent: 1 });
    };
    await expect(call()).rejects.toMatchObject({ code: 'denied', message });
  });

  it('says where there is no library', async () => {
    const { sensors } = createPortClients(
      { sensors: definePort({ reads, writes, open: () => usual }) },
      createRealMachine(),
      {},
    );
    await expect(sensors.temperature({ card: 'a' })).rejects.toMatchObject({
      code: 'unsupported',
      message: 'there is no library behind port sensors, and so no temperature',
    });
  });
});

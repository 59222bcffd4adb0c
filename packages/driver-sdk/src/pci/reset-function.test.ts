import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { observeMachine } from '../machine/observe-machine.ts';
import { bmcVga, buildMachine, nvidiaGpu, type Simulation } from '../simulator/index.ts';
import { bindVfio } from './bind-vfio.ts';
import { readResetMethods, resetFunction } from './reset-function.ts';

const gpu = '0000:83:00.0';
const bmc = '0000:03:00.0';

let root: string;
let simulation: Simulation;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'reset-'));
  simulation = buildMachine({
    root,
    cards: [nvidiaGpu({ address: gpu }), bmcVga({ address: bmc, boundTo: null })],
  });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

async function writesOf(options?: { readonly method: string }): Promise<string[]> {
  const writes: string[] = [];
  const sys = observeMachine(simulation.machine, {
    before: (call) =>
      void (call.verb === 'write' && writes.push(`${call.path.split('/').at(-1)} ${call.text}`)),
  });
  await resetFunction(sys, gpu, options);
  return writes;
}

it('resets by the order of the kernel, or by one method and then by that order again', async () => {
  const { machine } = simulation;
  await bindVfio(machine, gpu);
  expect(await readResetMethods(machine, gpu)).toEqual(['flr', 'bus']);
  expect(await writesOf()).toEqual(['reset 1']);
  expect(await writesOf({ method: 'flr' })).toEqual(['reset 1']);
  expect(await writesOf({ method: 'bus' })).toEqual(['reset_method bus', 'reset 1', 'reset_method flr bus']);
  expect(await readResetMethods(machine, gpu)).toEqual(['flr', 'bus']);
});

it.each([
  ['a host driver has', gpu, undefined, 'busy'],
  ['cannot be reset', bmc, undefined, 'unsupported'],
  ['is not there', '0000:99:00.0', undefined, 'not_found'],
])('refuses a function that %s', async (_case, address, options, code) => {
  await expect(resetFunction(simulation.machine, address, options)).rejects.toMatchObject({ code });
});

it('refuses a method that the function does not have', async () => {
  await bindVfio(simulation.machine, gpu);
  const asked = resetFunction(simulation.machine, gpu, { method: 'acpi' });
  await expect(asked).rejects.toMatchObject({ code: 'unsupported', hint: 'It can by flr, bus.' });
});

it('tells of a function that does not answer any more', async () => {
  await bindVfio(simulation.machine, gpu);
  simulation.fallOff(gpu);
  await expect(resetFunction(simulation.machine, gpu)).rejects.toMatchObject({ code: 'hardware' });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import ages from '../../test/drivers/ages/index.ts';
import { attachRequest, failureOf, runningHostOf } from '../../test/host-bench.ts';
import { systemClock } from '../clock.ts';
import { createContext } from '../conformance/create-context.ts';
import { buildMachine } from './build-machine.ts';
import { plainCard } from './cards/platform-functions.ts';
import { openSimulation, type Simulation } from './open-simulation.ts';
import { copyTree, restoreTree } from './restore-tree.ts';
import { snapshotTree } from './snapshot-tree.ts';

const dayMs = 86_400_000;

function machine(): Simulation {
  const root = mkdtempSync(join(tmpdir(), 'simulated-clock-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const card = plainCard({ address: '0000:05:00.0', vendor: '1d55', device: 'a010', class: '120000' });
  const simulation = buildMachine({ root, cards: [card] });
  simulation.setFile('/cards/checked', `${systemClock.now()}\n`);
  return simulation;
}

/** However long it takes to look at both clocks. */
function expectAhead({ clock }: Simulation, ms: number): void {
  const before = systemClock.now();
  const now = clock.now();
  expect(now).toBeGreaterThanOrEqual(before + ms);
  expect(now).toBeLessThanOrEqual(systemClock.now() + ms);
}

it('goes like the real one until it is moved, forward or back, for everybody on the machine', () => {
  const simulation = machine();
  const other = openSimulation(simulation.root);
  expectAhead(simulation, 0);
  simulation.advanceClock(dayMs);
  expectAhead(other, dayMs);
  other.advanceClock(-3 * dayMs);
  expectAhead(simulation, -2 * dayMs);
});

it('is no file of the machine, and is put back with the rest of it', () => {
  const simulation = machine();
  const before = simulation.snapshot();
  const copy = copyTree(simulation.root, new Map(Object.entries(before)));
  simulation.advanceClock(dayMs);
  expect(simulation.snapshot()).toEqual(before);
  restoreTree(simulation.root, copy, new Map(Object.entries(snapshotTree(simulation.root))));
  expectAhead(simulation, 0);
});

it('lets a pause of a day pass at once, and one that is cancelled end', async () => {
  const simulation = machine();
  const controller = new AbortController();
  const pause = simulation.clock.pause(dayMs, controller.signal);
  const longer = simulation.clock.pause(2 * dayMs, controller.signal);
  simulation.advanceClock(dayMs);
  await pause;
  controller.abort(new Error('canceled'));
  await expect(longer).rejects.toThrow('canceled');
});

it('is the time of a driver under test, and of its deadline', async () => {
  const simulation = machine();
  const { clock, machine: sys } = simulation;
  const context = () => createContext({ config: {}, sys, clock, deadlineMs: 30_000 });
  const healthOf = async () => (await ages.discover(context()))[0]?.health.state;
  expect(await healthOf()).toBe('ok');
  const late = failureOf(ages.status(context(), attachRequest()));
  simulation.advanceClock(dayMs);
  expect(await healthOf()).toBe('degraded');
  expect(await late).toMatchObject({ code: 'timeout', message: expect.stringContaining('30000 ms') });
});

it('is the time of a driver in a process of its own', { timeout: 60_000 }, async () => {
  const simulation = machine();
  const { host } = await runningHostOf('ages', { machine: { kind: 'simulated', root: simulation.root } });
  const healthOf = async () => (await host.call('discover', {}))[0]?.health.state;
  expect(await healthOf()).toBe('ok');
  const deadlineMs = 10_000 * dayMs;
  const attached = host.call('attach', attachRequest(), { deadlineMs });
  const late = failureOf(host.call('status', attachRequest(), { deadlineMs }));
  // Its time counts from when the call is under way.
  const isAttached = attached.then(() => true);
  while (!(await Promise.race([isAttached, delay(200, false)]))) simulation.advanceClock(dayMs);
  expect(await attached).toMatchObject({ type: 'TEST_PCI' });
  expect(await healthOf()).toBe('degraded');
  simulation.advanceClock(deadlineMs);
  expect(await late).toMatchObject({ code: 'timeout' });
});

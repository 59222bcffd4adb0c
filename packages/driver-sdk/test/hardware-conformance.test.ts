import { describe, expect, it, onTestFinished } from 'vitest';
import { failedChecks, hardwareConformance } from '../src/conformance/index.ts';
import type { Driver } from '../src/driver.ts';
import { acmeDriver } from './acme/acme-driver.ts';
import { acmeFixture } from './acme/acme-fixture.ts';
import { acmePackage } from './acme/acme-package.ts';

/** A machine that stands in for a real one: it is made once, and stays what a trial has made of it. */
async function aMachine() {
  const fixture = acmeFixture();
  const staged = await fixture.stage();
  onTestFinished(async () => {
    await staged.dispose();
    await fixture.close?.();
  });
  const { config, images } = fixture;
  const run = (device?: string, driver: Driver<never> = acmeDriver as unknown as Driver<never>) =>
    hardwareConformance({
      ...{ driver, packageJson: acmePackage, config, machine: staged.machine },
      ...(device === undefined ? {} : { device }),
      ...(device === undefined || images === undefined ? {} : { images }),
    });
  return { staged, run };
}

const address = '0000:05:00.0';

describe('level hardware', { timeout: 120_000 }, () => {
  it('only looks when no device is named', async () => {
    const { staged, run } = await aMachine();
    const before = await staged.state();
    const report = await run();
    expect(failedChecks(report)).toEqual([]);
    const shown = report.results.filter(({ outcome }) => outcome === 'passed').map(({ id }) => id);
    expect(shown).toEqual([1, 2, 3, 4, 5, 7, 9]);
    expect(report.results.find(({ id }) => id === 17)?.reason).toContain('--destructive');
    expect(await staged.state()).toEqual(before);
  });

  it('attaches, detaches and programs the device named, and says what it is', async () => {
    const { run } = await aMachine();
    const report = await run(address);
    expect(failedChecks(report)).toEqual([]);
    const shown = report.results.filter(({ outcome }) => outcome === 'passed').map(({ id }) => id);
    expect(shown).toEqual(expect.arrayContaining([6, 17, 18, 25, 26, 29, 41, 42, 45, 46, 48, 49, 50]));
    expect(report).toMatchObject({ level: 'hardware', devices: [{ model: 'Acme A10', vendor: '1d55' }] });
    expect(JSON.stringify(report.devices)).not.toContain('dsn-');
  });

  it('says when it cannot give a device back', async () => {
    const { run } = await aMachine();
    const stuck = { ...acmeDriver, detach: async () => {} } as unknown as Driver<never>;
    const [first] = failedChecks(await run(address, stuck));
    expect(first?.findings.join()).toContain(`${address} could not be given back after a trial`);
  });

  it('refuses a device that is not there, or that somebody has', async () => {
    const { staged, run } = await aMachine();
    await expect(run('dsn-0')).rejects.toMatchObject({ code: 'not_found' });
    await staged.machine.write(`/sys/bus/pci/devices/${address}/driver_override`, 'vfio-pci');
    await expect(run(address)).rejects.toMatchObject({ code: 'in_use' });
  });
});

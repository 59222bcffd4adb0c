import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { resolveDrivers } from './open-drivers.ts';

const moody = fileURLToPath(new URL('../../test/drivers/moody', import.meta.url));

describe('drivers of a host', () => {
  it('are found by package name and by directory, without running them', () => {
    const found = resolveDrivers([
      { package: '@cyborgjs/driver-gpu', config: {} },
      { package: moody, config: { fifo: 'x' } },
    ]);
    expect(found.map(({ package: driver }) => driver.manifest.id)).toEqual(['gpu', 'moody']);
  });

  it('are one of each id', () => {
    const twice = { package: moody, config: {} };
    expect(() => resolveDrivers([twice, twice])).toThrow(
      expect.objectContaining({
        code: 'driver.refused',
        message: expect.stringContaining(
          'two packages are drivers "moody" (cyborg-driver-moody, cyborg-driver-moody)',
        ),
      }),
    );
  });

  it('are refused with what is wrong and what helps', () => {
    expect(() => resolveDrivers([{ package: '/nowhere', config: {} }])).toThrow(
      expect.objectContaining({
        code: 'driver.refused',
        message: expect.stringMatching(/^agent\.drivers: \/nowhere: .*\/nowhere\/package\.json.*\. /),
      }),
    );
  });
});

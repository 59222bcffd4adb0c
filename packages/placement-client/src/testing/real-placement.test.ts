import { access } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { findRealPlacement, startRealPlacement } from './real-placement.ts';

const isInstalled = await access('/usr/bin/placement-api').then(
  () => true,
  () => false,
);

describe('real Placement', () => {
  it('is the one that the environment names, which is not stopped', async () => {
    const found = await findRealPlacement({ CYBORG_TEST_PLACEMENT_URL: 'http://placement.example/' });
    expect(found).toEqual({ kind: 'running', url: 'http://placement.example' });
    const running = await startRealPlacement(found);
    expect(running.url).toBe('http://placement.example');
    await running.stop();
  });

  it.skipIf(isInstalled)(
    'is demanded by CYBORG_REQUIRE_BACKENDS (only where it is not installed)',
    async () => {
      expect(await findRealPlacement({})).toBeUndefined();
      await expect(findRealPlacement({ CYBORG_REQUIRE_BACKENDS: '1' })).rejects.toThrow('python3-placement');
    },
  );

  it.skipIf(!isInstalled)(
    'answers, and is gone when it is stopped (only where it is installed)',
    async () => {
      const running = await startRealPlacement(await findRealPlacement({}));
      expect(await (await fetch(running.url)).json()).toMatchObject({ versions: [{ min_version: '1.0' }] });
      await running.stop();
      await expect(fetch(running.url)).rejects.toThrow();
    },
  );
});

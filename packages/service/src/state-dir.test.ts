import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimStateDir } from './state-dir.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cyborg-state-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('state directory', () => {
  it('is made when absent, and closed to all but its owner', async () => {
    const path = join(directory, 'a', 'b');
    const claimed = await claimStateDir(path, 'all');
    expect(statSync(path).mode & 0o777).toBe(0o700);
    await claimed.release();
  });

  it('is closed when it stood open', async () => {
    chmodSync(directory, 0o755);
    await (await claimStateDir(directory, 'all')).release();
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it('belongs to one daemon at a time', async () => {
    const first = await claimStateDir(directory, 'all');
    await expect(claimStateDir(directory, 'all')).rejects.toMatchObject({
      code: 'state_dir.unusable',
      message: `stateDir ${directory}: another cyborgd uses it; stop that one, or give this one another --state-dir`,
    });
    await first.release();
    await (await claimStateDir(directory, 'all')).release();
  });

  it('says what is in the way', async () => {
    writeFileSync(join(directory, 'file'), '');
    await expect(claimStateDir(join(directory, 'file', 'x'), 'all')).rejects.toMatchObject({
      message: expect.stringMatching(
        /file\/x: ENOTDIR.*; a file is in the way: remove it or set another stateDir$/,
      ),
    });
    await expect(claimStateDir('/proc/cyborg', 'all')).rejects.toMatchObject({ code: 'state_dir.unusable' });
  });
});

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { attachRequest, failureOf, type HostBench, runningHostOf } from '../../test/host-bench.ts';
import type { BytesPart } from '../machine.ts';

const image = '/images/long.bin';
const megabyte = 2 ** 20;

async function hostWithImage(bytes: Uint8Array): Promise<HostBench> {
  const bench = await runningHostOf('reads-images');
  mkdirSync(join(bench.root, 'images'));
  writeFileSync(join(bench.root, image), bytes);
  return bench;
}

const requestTo = (at: 'once' | 'parts') => ({ device: attachRequest().device, image, options: { at } });

describe('an image of 40 MB, read by a driver in Python', () => {
  const bytes = new Uint8Array(40 * megabyte + 5).map((_, index) => (index * 31) % 251);

  it('comes whole, in parts that neither side holds more than one of', { timeout: 60_000 }, async () => {
    const { host } = await hostWithImage(bytes);
    const parts: (BytesPart | undefined)[] = [];
    const { version } = await host.call('program', requestTo('parts'), {
      interpose: (machine) => ({
        ...machine,
        readBytes: (path, part) => {
          parts.push(part);
          return machine.readBytes(path, part);
        },
      }),
    });
    const [digest, peakKib] = version.split(' ');
    expect(digest).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(parts.map((part) => part?.offset)).toEqual(
      Array.from({ length: 11 }, (_, index) => index * 4 * megabyte),
    );
    expect(Math.max(...parts.map((part) => part?.length ?? Number.POSITIVE_INFINITY))).toBe(4 * megabyte);
    expect(Number(peakKib)).toBeLessThan(80 * 1024);
  });

  it('is refused at once and in one answer, with the way to read it', async () => {
    const { host } = await hostWithImage(bytes);
    expect(await failureOf(host.call('program', requestTo('once')))).toMatchObject({
      code: 'invalid',
      message: `one answer holds no more than 8388608 bytes of ${image}`,
      hint: expect.stringContaining('offset and length'),
    });
  });
});

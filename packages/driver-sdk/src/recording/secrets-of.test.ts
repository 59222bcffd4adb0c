import { describe, expect, it } from 'vitest';
import { scrubRecording } from './scrub-recording.ts';
import { secretsOf } from './secrets-of.ts';

const uuid = '8c6b2f4e-1d3a-4b5c-9e7f-0a1b2c3d4e5f';
const nothing = { paths: {}, runs: [] };

describe('the secrets of a recording', () => {
  it.each([
    [`GPU-${uuid}`, uuid],
    ['dsn-48b02d0f1a2b3c4d-f0', '48b02d0f1a2b3c4d'],
    ['sn-MT2105X01234-f1', 'mt2105x01234'],
    ['compute-17', 'compute-17'],
    ['SN-7', 'sn-7'],
  ])('are of the identity %s the part that tells', (known, secret) => {
    const found = secretsOf(nothing, [known]);
    expect(found).toContain(secret);
    expect(found.filter((word) => !secret.includes(word))).toEqual([]);
  });

  it.each(['0000000000000000', 'ffffffff', 'GPU', 'N/A', '0'])(
    'are never %s, which every machine has',
    (word) => {
      expect(secretsOf(nothing, [word])).toEqual([]);
    },
  );

  it.each([
    ['<serial>1653724</serial>', '1653724'],
    [`<uuid>GPU-${uuid}</uuid>`, uuid],
    ['<chassis_serial_number>CH-0017</chassis_serial_number>', 'ch-0017'],
    ['<pdi>0x272f63c91459b9d0</pdi>', '272f63c91459b9d0'],
    ['<gpu_fabric_guid>0x1a2b3c4d5e6f7081</gpu_fabric_guid>', '1a2b3c4d5e6f7081'],
  ])('are told by the element %s', (out, secret) => {
    const runs = [{ tool: '/usr/bin/tool', args: [], result: { code: 0, out, err: '' } }];
    expect(secretsOf({ paths: {}, runs }, [])).toEqual([secret]);
  });

  it.each(['<serial>N/A</serial>', '<board_id>0x8300</board_id>', '<part_guide>0x8300</part_guide>'])(
    'are not told by the element %s',
    (out) => {
      const runs = [{ tool: '/usr/bin/tool', args: [], result: { code: 0, out, err: '' } }];
      expect(secretsOf({ paths: {}, runs }, [])).toEqual([]);
    },
  );

  it('are replaced in their shape, and what is around them stays', () => {
    const recording = {
      ...{ format: 1 as const, provenance: {}, config: {}, devices: [], runs: [] },
      paths: { '/a': { read: `GPU-${uuid} MT2105X01234 0000:83:00.0 96.00.A5.00.03` } },
    };
    const secrets = secretsOf(recording, ['sn-MT2105X01234-f1']);
    const { read } = scrubRecording(recording, { secrets, salt: 'test' }).paths['/a'] ?? {};
    expect(read).toMatch(
      /^GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} [A-Z]{2}\d{4}[A-Z]\d{5} 0000:83:00\.0 96\.00\.A5\.00\.03$/,
    );
    expect(read).not.toContain(uuid);
  });
});

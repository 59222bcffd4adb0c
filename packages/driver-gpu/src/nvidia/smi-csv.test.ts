import { describe, expect, it } from 'vitest';
import { parseSmiCsv } from './smi-csv.ts';

const header = 'index, uuid, name, pci.bus_id, memory.total [MiB], power.draw [W], remapped_rows.pending';
const uuid = 'GPU-00000000-1111-4222-8333-444444444401';
const rowWith = (power: string): string =>
  `${header}\n0, ${uuid}, A, 00000000:83:00.0, 1 MiB, ${power}, No\n`;

describe('nvidia-smi CSV', () => {
  it('reads cells by field name, and numbers in bytes, watts and degrees', () => {
    const report = parseSmiCsv(
      `${header}\n0, ${uuid}, NVIDIA H200, 00000000:83:00.0, 143771 MiB, 77.71 W, No\n`,
    );
    expect(report.lost).toEqual([]);
    expect(report.gpus).toMatchObject([
      {
        address: '0000:83:00.0',
        index: 0,
        uuid,
        name: 'NVIDIA H200',
        memory: { total: 143771 * 2 ** 20, used: null },
        power: { draw: 77.71, limit: null },
        rows: { pending: false, failure: null },
        signs: [],
      },
    ]);
  });

  it.each([
    'N/A',
    '[N/A]',
    '[Not Supported]',
    '[Not Available]',
    '[Requested functionality has been deprecated]',
    '[Insufficient Permissions]',
    '[Function Not Found]',
    'ERR!',
    '',
  ])('takes %j for no value and no sign', (marker) => {
    const [gpu] = parseSmiCsv(rowWith(marker)).gpus;
    expect(gpu?.power.draw).toBeNull();
    expect(gpu?.signs).toEqual([]);
  });

  it.each(['[GPU requires reset]', '[Unknown Error]', '[GPU is lost]'])(
    'keeps %s as a sign of sickness',
    (marker) => {
      const [gpu] = parseSmiCsv(rowWith(marker)).gpus;
      expect(gpu?.power.draw).toBeNull();
      expect(gpu?.signs).toEqual([marker.slice(1, -1)]);
    },
  );

  it('names the GPUs it could not open and keeps the rows of the others', () => {
    const lost = 'Unable to determine the device handle for GPU0000:84:00.0: Unknown Error';
    const report = parseSmiCsv(`${lost}\n${rowWith('1 W')}`);
    expect(report.lost).toEqual(['0000:84:00.0']);
    expect(report.gpus).toHaveLength(1);
  });

  it.each([
    ['nothing', ''],
    ['an error text', 'NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.\n'],
    ['a row with a comma too many', `${header}\n0, ${uuid}, A, B, 00000000:83:00.0, 1 MiB, 1 W, No\n`],
    ['a row cut short', `${header}\n0, ${uuid}, A`],
    ['a row without an address', `${header}\n0, ${uuid}, A, [N/A], 1 MiB, 1 W, No\n`],
    ['binary noise', '\u0000\ufffd\u0007\n\u0000, \u0000'],
  ])('finds no rows in %s', (_name, text) => {
    expect(parseSmiCsv(text)).toEqual({ gpus: [], lost: [] });
  });
});

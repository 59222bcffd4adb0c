import { describe, expect, it } from 'vitest';
import { parseSmiCsv } from './nvidia-smi-csv.ts';

const header = 'index, uuid, name, pci.bus_id, memory.total [MiB], power.draw [W], remapped_rows.pending';
const uuid = 'GPU-00000000-1111-4222-8333-444444444401';

describe('nvidia-smi CSV', () => {
  it('reads cells by field name, units kept in the values and dropped from the names', () => {
    const table = parseSmiCsv(
      `${header}\n0, ${uuid}, NVIDIA H200, 00000000:83:00.0, 143771 MiB, 77.71 W, No\n`,
    );
    expect(table).toEqual({
      rows: [
        {
          values: {
            index: '0',
            uuid,
            name: 'NVIDIA H200',
            'pci.bus_id': '00000000:83:00.0',
            'memory.total': '143771 MiB',
            'power.draw': '77.71 W',
            'remapped_rows.pending': 'No',
          },
          signs: [],
        },
      ],
      lost: [],
    });
  });

  it.each([
    'N/A',
    '[N/A]',
    '[Not Supported]',
    '[Requested functionality has been deprecated]',
    '[Insufficient Permissions]',
    'ERR!',
    '',
  ])('takes %j for no value and no sign', (marker) => {
    const [row] = parseSmiCsv(`${header}\n0, ${uuid}, A, 00000000:83:00.0, 1 MiB, ${marker}, No\n`).rows;
    expect(row?.values['power.draw']).toBeNull();
    expect(row?.signs).toEqual([]);
  });

  it.each(['[GPU requires reset]', '[Unknown Error]'])('keeps %s as a sign of sickness', (marker) => {
    const [row] = parseSmiCsv(`${header}\n0, ${uuid}, A, 00000000:83:00.0, 1 MiB, ${marker}, No\n`).rows;
    expect(row?.values['power.draw']).toBeNull();
    expect(row?.signs).toEqual([marker.slice(1, -1)]);
  });

  it('names the GPUs it could not open and keeps the rows of the others', () => {
    const lost = 'Unable to determine the device handle for GPU0000:84:00.0: Unknown Error';
    const table = parseSmiCsv(`${lost}\n${header}\n0, ${uuid}, A, 00000000:83:00.0, 1 MiB, 1 W, No\n`);
    expect(table.lost).toEqual(['0000:84:00.0']);
    expect(table.rows).toHaveLength(1);
  });

  it.each([
    ['nothing', ''],
    ['an error text', 'NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.\n'],
    ['a row with a comma too many', `${header}\n0, ${uuid}, A, B, 00000000:83:00.0, 1 MiB, 1 W, No\n`],
    ['a row cut short', `${header}\n0, ${uuid}, A`],
    ['binary noise', '\u0000\ufffd\u0007\n\u0000, \u0000'],
  ])('finds no rows in %s', (_name, text) => {
    expect(parseSmiCsv(text)).toEqual({ rows: [], lost: [] });
  });
});

import { describe, expect, it } from 'vitest';
import { intelHealth } from './intel-health.ts';
import { asFpgaId } from './intel-reading.ts';

const reading = { region: undefined, functions: [], bitstreamId: undefined };

describe('health of an Intel FPGA', () => {
  it.each([
    ['its manager has done nothing since the boot', 'unknown', {}, 'ok'],
    ['it was programmed', 'operating', {}, 'ok'],
    ['nothing of it can be read', undefined, {}, 'ok'],
    ['its programming failed', 'write error', {}, 'failed'],
    ['its image was refused', 'parse header error', {}, 'failed'],
    ['a port reports an error', 'operating', { port_errors: '0x4' }, 'degraded'],
    ['a catastrophic error is raised', 'operating', { catfatal_errors: '0x1', fme_errors: '0x2' }, 'failed'],
  ] as const)('when %s', (_case, managerState, errors, state) => {
    expect(intelHealth({ ...reading, managerState, errors }).state).toBe(state);
  });

  it('names the registers that are raised', () => {
    const errors = { pcie0_errors: '0x10', port_errors: '0x4' };
    expect(intelHealth({ ...reading, managerState: 'operating', errors }).reason).toBe(
      'pcie0_errors is 0x10, port_errors is 0x4',
    );
  });
});

describe('ids of regions and functions', () => {
  it('are written without dashes and in lower case', () => {
    expect(asFpgaId('D8424DC4-A4A3-C413-F89E-433683F9040B')).toBe('d8424dc4a4a3c413f89e433683f9040b');
  });

  it.each([undefined, '', '0x0', 'd8424dc4', '\u0000'])('are not %j', (text) => {
    expect(asFpgaId(text)).toBeUndefined();
  });
});

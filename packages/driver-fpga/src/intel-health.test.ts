import { describe, expect, it } from 'vitest';
import { intelHealth } from './intel-health.ts';

describe('health of an Intel FPGA', () => {
  it.each([
    ['its manager has done nothing since the boot', 'unknown', {}, 'ok'],
    ['it was programmed', 'operating', {}, 'ok'],
    ['nothing of it can be read', undefined, {}, 'ok'],
    ['its programming failed', 'write error', {}, 'failed'],
    ['its programming was cut off', 'write', {}, 'degraded'],
    ['its image was refused', 'parse header error', {}, 'failed'],
    ['a port reports an error', 'operating', { port_errors: '0x4' }, 'degraded'],
    ['a catastrophic error is raised', 'operating', { catfatal_errors: '0x1', fme_errors: '0x2' }, 'failed'],
  ] as const)('when %s', (_case, managerState, errors, state) => {
    expect(intelHealth({ managerState, errors }).state).toBe(state);
  });

  it('names the registers that are raised', () => {
    const errors = { pcie0_errors: '0x10', port_errors: '0x4' };
    expect(intelHealth({ managerState: 'operating', errors }).reason).toBe(
      'pcie0_errors is 0x10, port_errors is 0x4',
    );
  });
});

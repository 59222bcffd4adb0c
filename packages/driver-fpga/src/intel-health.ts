import type { Health } from '@cyborgjs/core';
import type { IntelReading } from './intel-reading.ts';

/**
 * Health of an Intel FPGA that answers. A catastrophic error and an image that was not taken make it unusable;
 * other error registers only say that something happened.
 */
export function intelHealth({ managerState, errors }: Pick<IntelReading, 'managerState' | 'errors'>): Health {
  const { catfatal_errors: catastrophic } = errors;
  if (catastrophic !== undefined)
    return { state: 'failed', reason: `a catastrophic error: catfatal_errors is ${catastrophic}` };
  if (managerState?.includes('error') === true)
    return { state: 'failed', reason: `its last programming ended with: ${managerState}; program it again` };
  if (!isProgrammed({ managerState }))
    return { state: 'degraded', reason: `it is being programmed, or that was cut off: ${managerState}` };
  const raised = Object.entries(errors).map(([name, value]) => `${name} is ${value}`);
  return raised.length === 0 ? { state: 'ok' } : { state: 'degraded', reason: raised.join(', ') };
}

/** Whether the region has a whole image, as far as its manager tells. */
export const isProgrammed = ({ managerState: state }: Pick<IntelReading, 'managerState'>): boolean =>
  state === undefined || settledStates.includes(state);

/** The states of a manager between programmings; after a boot it is `unknown` (Linux: Documentation/ABI/testing/sysfs-class-fpga-manager). */
const settledStates: readonly string[] = ['unknown', 'operating'];

import type { Health } from '@cyborgjs/core';
import type { IntelReading } from './intel-reading.ts';

/**
 * Health of an Intel FPGA that answers. A catastrophic error and an image that was not taken make it unusable;
 * other error registers only say that something happened.
 */
export function intelHealth({ managerState, errors }: IntelReading): Health {
  const { catfatal_errors: catastrophic } = errors;
  if (catastrophic !== undefined)
    return { state: 'failed', reason: `a catastrophic error: catfatal_errors is ${catastrophic}` };
  if (managerState?.includes('error') === true)
    return { state: 'failed', reason: `its last programming ended with: ${managerState}; program it again` };
  const raised = Object.entries(errors).map(([name, value]) => `${name} is ${value}`);
  return raised.length === 0 ? { state: 'ok' } : { state: 'degraded', reason: raised.join(', ') };
}

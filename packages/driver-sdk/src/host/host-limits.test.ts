import { expect, it } from 'vitest';
import { patientLimits, usualLimits } from './host-limits.ts';

it('gives processes more time on a slow machine, and calls what they always have', () => {
  expect({ ...usualLimits, ...patientLimits(1) }).toEqual(usualLimits);
  const { startMs, silenceMs, callMs } = { ...usualLimits, ...patientLimits(10) };
  expect([startMs, silenceMs, callMs]).toEqual([
    10 * usualLimits.startMs,
    10 * usualLimits.silenceMs,
    usualLimits.callMs,
  ]);
});

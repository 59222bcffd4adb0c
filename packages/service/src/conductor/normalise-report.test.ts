import { describe, expect, it } from 'vitest';
import { aDeployable, aDevice, aHandle } from '../../test/a-discovered-device.ts';
import { normaliseReport } from './normalise-report.ts';

const identitiesOf = (report: ReturnType<typeof normaliseReport>) =>
  report.devices.map(({ identity }) => identity);

describe('making a report fit to be stored', () => {
  it('lets a card that cannot be identified be the one stored at its address', () => {
    const stored = [{ identity: 'GPU-1', address: '0000:83:00.0', state: 'ready' }] as never;
    expect(identitiesOf(normaliseReport([aDevice({ identity: null })], stored))).toEqual(['GPU-1']);
  });

  it('gives it a name from its address when the one stored there is gone, elsewhere, or nobody', () => {
    const sick = aDevice({ identity: null });
    const gone = [{ identity: 'GPU-1', address: '0000:83:00.0', state: 'gone' }] as never;
    expect(identitiesOf(normaliseReport([sick], gone))).toEqual(['at:0000:83:00.0']);
    expect(identitiesOf(normaliseReport([sick], []))).toEqual(['at:0000:83:00.0']);
    const moved = [{ identity: 'GPU-1', address: '0000:83:00.0', state: 'ready' }] as never;
    const both = [sick, aDevice({ identity: 'GPU-1', address: '0000:84:00.0' })];
    expect(identitiesOf(normaliseReport(both, moved))).toEqual(['at:0000:83:00.0', 'GPU-1']);
  });

  it('lets the first count of what is reported twice, and says so', () => {
    const twice = aDevice({
      deployables: [
        aDeployable('d1', { handles: [aHandle('h1'), aHandle('h1', { type: 'MDEV' })] }),
        aDeployable('d1', { handles: [] }),
      ],
    });
    const { devices, faults } = normaliseReport([twice, aDevice({ model: 'another' })], []);
    expect(devices).toHaveLength(1);
    expect(devices[0]?.model).toBe('NVIDIA H200');
    expect(devices[0]?.deployables.map(({ handles }) => handles.map(({ type }) => type))).toEqual([['PCI']]);
    expect(faults).toEqual([
      'identity GPU-1 is reported twice; the first one counts',
      'deployable d1 is reported twice; the first one counts',
      'handle h1 is reported twice; the first one counts',
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { aDevice } from '../../test/a-device.ts';
import { deviceListView, deviceView } from './device-views.ts';
import { plainPaint } from './paint.ts';

const style = { width: undefined, paint: plainPaint, now: Date.parse('2025-11-22T10:00:00Z') };
const sick = aDevice({
  id: '99999999-0000-4000-8000-000000000002',
  host: 'sim-node',
  address: '0000:84:00.0',
  state: 'install_failed',
  stateReason: 'the tool did not answer',
  simulated: true,
  stale: true,
  health: { state: 'failed', reason: 'fell off the bus' },
});

describe('a list of devices', () => {
  it('shows health with its reason, use, and marks', () => {
    expect(deviceListView([aDevice(), sick]).text(style)).toBe(
      [
        'ID                                    HOST      ADDRESS       KIND  MODEL        DRIVER  STATE           HEALTH                    IN USE  MARK',
        '3f2a91c0-0000-4000-8000-000000000001  node-1    0000:83:00.0  GPU   NVIDIA H200  gpu     ready           ok                        1/2',
        '99999999-0000-4000-8000-000000000002  sim-node  0000:84:00.0  GPU   NVIDIA H200  gpu     install_failed  failed: fell off the bus  1/2     simulated stale',
      ].join('\n'),
    );
  });

  it('keeps the marks on a narrow terminal', () => {
    expect(deviceListView([aDevice(), sick]).text({ ...style, width: 84 })).toBe(
      [
        'ID        HOST    ADDRESS       MODEL   STATE           HEALTH  IN USE  MARK',
        '3f2a91c0  node-1  0000:83:00.0  NVIDI…  ready           ok      1/2',
        '99999999  sim-n…  0000:84:00.0  NVIDI…  install_failed  faile…  1/2     simulated stale',
      ].join('\n'),
    );
  });

  it('has no column of marks when there is nothing to mark, and explains marks otherwise', () => {
    expect(deviceListView([aDevice()]).text(style)).not.toContain('MARK');
    expect(deviceListView([aDevice()]).notes).toEqual([]);
    expect(deviceListView([aDevice(), sick]).notes).toEqual([
      'simulated: no such hardware exists.',
      'stale: the driver does not report; these are the last known facts.',
    ]);
  });

  it('prints nothing but says what to do when nothing fits', () => {
    const view = deviceListView([]);
    expect(view.text(style)).toBe('');
    expect(view.notes).toEqual(['No device fits. To look again on a host: cyborg discover HOST']);
  });
});

describe('one device', () => {
  it('is shown with its deployables, handles and what to do next', () => {
    const view = deviceView(sick);
    expect(view.text(style)).toBe(
      [
        'Id           99999999-0000-4000-8000-000000000002',
        'Mark         simulated stale',
        'Host         sim-node',
        'Address      0000:84:00.0',
        'Kind         GPU',
        'Model        NVIDIA H200',
        'Vendor       10de',
        'Identity     serial-1',
        'Driver       gpu',
        'State        install_failed: the tool did not answer',
        'Health       failed: fell off the bus',
        'NUMA node    1',
        'Firmware     vbios=96.00',
        'Attributes   product_id=2335',
        'Last seen    2025-11-22T09:59:00Z (1 min ago)',
        'Known since  2025-11-01T08:00:00Z (21 days ago)',
        '',
        'Deployable 0000:83:00.0',
        '  Id              d0000000-0000-4000-8000-000000000001',
        '  Resource class  PGPU',
        '  In use          1/2 handles',
        '  Provider        not in Placement',
        '  Traits          OWNER_CYBORG',
        '                  CUSTOM_GPU_NVIDIA',
        '  Handles         PCI 0000:83:00.1 domain=0000 bus=83 (in use)',
        '                  PCI 0000:83:00.2 domain=0000 bus=83',
      ].join('\n'),
    );
    expect(view.notes).toContain('To try again: cyborg device ready 99999999-0000-4000-8000-000000000002');
  });

  it('passes no control characters of a device on to the terminal', () => {
    const hostile = aDevice({ model: 'H200\x1b[2Jx', attributes: { note: 'a\nb' } });
    expect(deviceView(hostile).text(style)).not.toContain('\x1b');
    expect(deviceView(hostile).text(style)).toContain('Attributes   note=a b');
    expect(deviceListView([hostile]).text(style)).not.toContain('\x1b');
  });
});

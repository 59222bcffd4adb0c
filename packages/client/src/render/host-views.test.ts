import { describe, expect, it } from 'vitest';
import { aDriver, aHost } from '../../test/a-host.ts';
import { driverListView } from './driver-views.ts';
import { hostListView, hostView } from './host-views.ts';
import { plainPaint } from './paint.ts';

const style = { width: undefined, paint: plainPaint, now: Date.parse('2025-11-22T10:00:00Z') };
const failing = aDriver({
  id: 'fpga',
  package: '@cyborgjs/driver-fpga',
  host: 'sim-node',
  state: 'quarantined',
  stale: true,
  restarts: 7,
  lastReportAt: null,
  failure: {
    code: 'unavailable',
    message: 'xbutil does not answer',
    retry: 'later',
    device: '0000:aa:00.0',
    hint: 'reload the xocl module',
    causes: ['connect ETIMEDOUT'],
  },
});
const troubled = aHost({
  name: 'sim-node',
  simulated: true,
  drivers: [aDriver({ host: 'sim-node' }), failing],
  placement: {
    enabled: true,
    agreedAt: '2025-11-22T09:00:00Z',
    error: 'Placement answered 503',
    retained: ['sim-node_0000:83:00.0', 'sim-node_0000:84:00.0'],
  },
});

describe('a list of hosts', () => {
  it('shows at a glance which drivers run and how Placement stands', () => {
    const waiting = aHost({
      name: 'node-2',
      state: 'silent',
      placement: { enabled: true, agreedAt: null, error: null, retained: [] },
    });
    const off = aHost({
      name: 'node-3',
      state: 'stopped',
      drivers: [],
      placement: { enabled: false, agreedAt: null, error: null, retained: [] },
    });
    expect(hostListView([aHost(), waiting, off, troubled]).text(style)).toBe(
      [
        'NAME      STATE    DRIVERS         DEVICES  PLACEMENT  AGENT  LAST SEEN  MARK',
        'node-1    up       1 running       2        agrees     0.1.0  10 s ago',
        'node-2    silent   1 running       2        waiting    0.1.0  10 s ago',
        'node-3    stopped  0 running       2        off        0.1.0  10 s ago',
        'sim-node  up       1 of 2 running  2        error      0.1.0  10 s ago   simulated',
      ].join('\n'),
    );
  });
});

describe('one host', () => {
  it('tells why drivers fail, what helps, and what Placement keeps', () => {
    expect(hostView(troubled).text(style)).toBe(
      [
        'Name         sim-node',
        'Mark         simulated',
        'State        up',
        'Last seen    2025-11-22T09:59:50Z (10 s ago)',
        'Known since  2025-11-01T08:00:00Z (21 days ago)',
        'Agent        0.1.0',
        'Boot         boot-7',
        'Devices      2',
        'Placement    Placement answered 503; last agreed 2025-11-22T09:00:00Z (1 h ago)',
        '             kept while in use, closed to new consumers:',
        '               sim-node_0000:83:00.0',
        '               sim-node_0000:84:00.0',
        '',
        'Drivers',
        '  DRIVER  PACKAGE                VERSION  STATE        DEVICES  RESTARTS  LAST REPORT  MARK',
        '  gpu     @cyborgjs/driver-gpu   0.1.0    running      2        0         30 s ago',
        '  fpga    @cyborgjs/driver-fpga  0.1.0    quarantined  2        7         never        stale',
        '',
        'Driver failures',
        '  fpga  unavailable: xbutil does not answer (0000:aa:00.0)',
        '        because: connect ETIMEDOUT',
        '        what helps: reload the xocl module',
      ].join('\n'),
    );
  });

  it('says since when Placement agrees, and stays silent about failures when there are none', () => {
    const text = hostView(aHost()).text(style);
    expect(text).toContain('Placement    agrees, seen 2025-11-22T09:58:00Z (2 min ago)');
    expect(text).not.toContain('Driver failures');
  });

  it('keeps state, restarts, last report and mark of its drivers on a narrow terminal', () => {
    const text = hostView(troubled).text({ ...style, width: 70 });
    expect(text).toContain('  DRIVER  STATE        DEVICES  RESTARTS  LAST REPORT  MARK');
    expect(text).toContain('  fpga    quarantined  2        7         never        stale');
  });
});

describe('a list of drivers', () => {
  it('shows failures and marks hosts that are simulated', () => {
    const view = driverListView([aDriver(), failing], new Set(['sim-node']));
    expect(view.text(style)).toBe(
      [
        'HOST      DRIVER  PACKAGE                VERSION  STATE        DEVICES  RESTARTS  LAST REPORT  MARK             FAILURE',
        'node-1    gpu     @cyborgjs/driver-gpu   0.1.0    running      2        0         30 s ago',
        'sim-node  fpga    @cyborgjs/driver-fpga  0.1.0    quarantined  2        7         never        simulated stale  unavailable: xbutil does not answer',
      ].join('\n'),
    );
    expect(view.names).toEqual(['node-1/gpu', 'sim-node/fpga']);
  });
});

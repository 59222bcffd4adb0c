import type { Diagnosis, DriverFailure, Finding } from '@cyborgjs/core';
import { describe, expect, it } from 'vitest';
import { aDevice } from '../../test/a-device.ts';
import { aDriver, aHost } from '../../test/a-host.ts';
import { aWebhook } from '../../test/a-webhook.ts';
import { anOperation } from '../../test/an-operation.ts';
import type { CloudFacts } from './cloud-facts.ts';
import { examineCloud } from './examine-cloud.ts';

const now = Date.parse('2025-11-22T10:00:00Z');
const diagnosis: Diagnosis = {
  version: '0.1.0',
  now: new Date(now).toISOString(),
  caller: { user: 'ann', project: 'ops', roles: ['admin'], refused: [] },
  peers: [
    { name: 'placement', address: 'http://p', usable: true, found: 'answers' },
    { name: 'database', address: 'mysql://h/cyborg', usable: true, found: 'answers' },
  ],
  autoReady: [{ name: 'rule:1', text: 'driver gpu', devices: 3 }],
};
const well: CloudFacts = {
  diagnosis,
  skewMs: 100,
  clientVersion: '0.1.0',
  hosts: [aHost()],
  drivers: [aDriver()],
  devices: [aDevice()],
  pending: [],
  webhooks: [aWebhook()],
  now,
};
const examine = (changes: Partial<CloudFacts>) => examineCloud({ ...well, ...changes });
const about = (check: string, changes: Partial<CloudFacts>) =>
  examine(changes).find((found) => found.check === check);

describe('of a cloud', () => {
  it('that is well, nothing is said against', () =>
    expect(examine({}).filter(({ state }) => state !== 'ok')).toEqual([]));

  const caller = { ...diagnosis.caller, refused: ['cyborg:device:install'] };
  const away = { name: 'nova', address: 'http://n', usable: false, found: 'connection refused' } as const;
  const failure = {
    code: 'unavailable',
    message: 'no nvidia-smi',
    retry: 'later',
    hint: 'Install it',
    causes: [],
  } satisfies DriverFailure;
  const refused = {
    eventId: 42,
    at: '2025-11-22T09:59:00Z',
    outcome: 'failed',
    status: 500,
    failure: 'the receiver answered 500',
  } as const;
  it.each<[string, Partial<CloudFacts>, Finding['state'], string, string]>([
    ['rights', { diagnosis: { ...diagnosis, caller } }, 'warning', 'cyborg:device:install', 'role admin'],
    ['clock', { skewMs: -9000 }, 'warning', '9.0 s behind', 'NTP'],
    ['clock', { skewMs: 120_000 }, 'failed', '120.0 s ahead', 'NTP'],
    ['versions', { clientVersion: '0.0.9' }, 'warning', 'this command 0.0.9', 'one version'],
    ['versions', { hosts: [aHost({ agentVersion: '0.0.8' })] }, 'warning', 'agents 0.0.8', 'one version'],
    ['nova', { diagnosis: { ...diagnosis, peers: [away] } }, 'failed', 'connection refused', 'log'],
    [
      'auto-ready rule:2',
      { diagnosis: { ...diagnosis, autoReady: [{ name: 'rule:2', text: 'driver x', devices: 0 }] } },
      'warning',
      'driver x: fits no device',
      'cyborg device list',
    ],
    ['hosts', { hosts: [] }, 'failed', 'none has ever reported', 'Start an agent'],
    ['host node-1', { hosts: [aHost({ state: 'silent' })] }, 'failed', 'silent', 'cyborgd doctor'],
    ['host node-1', { hosts: [aHost({ state: 'stopped' })] }, 'warning', 'stopped', 'Start cyborgd'],
    ['driver gpu on node-1', { drivers: [aDriver({ failure })] }, 'failed', 'no nvidia-smi', 'Install it'],
    ['driver gpu on node-1', { drivers: [aDriver({ stale: true })] }, 'failed', 'overdue', 'doctor'],
    [
      'device node-1:0000:83:00.0',
      { devices: [aDevice({ health: { state: 'failed', reason: 'Xid 79' } })] },
      'failed',
      'Xid 79',
      'cyborg device disable',
    ],
    [
      'device node-1:0000:83:00.0',
      { devices: [aDevice({ state: 'install_failed', stateReason: 'no room' })] },
      'failed',
      'no room',
      'cyborg device ready',
    ],
    ['device node-1:0000:83:00.0', { devices: [aDevice({ state: 'gone' })] }, 'warning', 'gone', 'lspci'],
    [
      'operations',
      { pending: [anOperation({ state: 'pending', createdAt: '2025-11-22T09:00:00Z' })] },
      'warning',
      '1 have waited',
      'cyborg operation show',
    ],
    [
      'webhook ops',
      { webhooks: [aWebhook({ failures: 4, failingSince: '2025-11-22T08:00:00Z', lastAttempt: refused })] },
      'failed',
      'fails since 2 h ago, 4 times in a row; last: the receiver answered 500',
      'cyborg webhook test ops. It waits at event 42',
    ],
    [
      'webhook ops',
      { webhooks: [aWebhook({ state: 'disabled', reason: 'it wants no more', failures: 1 })] },
      'failed',
      'it wants no more',
      'cyborg webhook set ops --enable',
    ],
    [
      'webhook ops',
      { webhooks: [aWebhook({ eventsLost: 3, lastLostAt: '2025-11-22T08:00:00Z' })] },
      'warning',
      '3 events were too old before they could be delivered, the last 2 h ago',
      '--after 0',
    ],
  ])('%s %j', (check, changes, state, found, help) => {
    expect(about(check, changes)).toMatchObject({
      state,
      found: expect.stringContaining(found),
      help: expect.stringContaining(help),
    });
  });

  const placement = { enabled: true, agreedAt: null, error: null, retained: [] };
  it.each([
    [{ ...placement, error: 'Placement is away' }, 'failed'],
    [placement, 'warning'],
    [{ ...placement, enabled: false }, 'warning'],
    [{ ...placement, agreedAt: '2025-11-22T09:00:00Z', retained: ['node-1_x'] }, 'warning'],
    [{ ...placement, agreedAt: '2025-11-22T09:00:00Z' }, 'ok'],
  ])('a host and Placement, %j', (status, state) =>
    expect(about('Placement and node-1', { hosts: [aHost({ placement: status })] })?.state).toBe(state),
  );

  it('a webhook that an operator has disabled, or that there is none, is nothing to worry about', () => {
    const disabled = aWebhook({ state: 'disabled', reason: 'disabled by ann' });
    expect(about('webhook ops', { webhooks: [disabled] })?.state).toBe('skipped');
    expect(about('webhooks', { webhooks: [disabled] })?.found).toBe('1 known, 0 enabled');
    expect(about('webhooks', { webhooks: [] })).toBeUndefined();
  });

  it('what the caller may not see is left out, not judged', () => {
    const nothing = { hosts: null, drivers: null, devices: null, pending: null, webhooks: null };
    const unseen = examine(nothing);
    expect(unseen.filter(({ state }) => state === 'skipped').map(({ check }) => check)).toEqual([
      'hosts',
      'drivers',
      'devices',
    ]);
  });
});

import {
  type Device,
  type Finding,
  finding,
  type Host,
  type HostDriver,
  type Operation,
  type RuleFit,
} from '@cyborgjs/core';
import { deviceLabel } from '../render/device-views.ts';
import { humanDuration, humanTime } from '../render/human-time.ts';
import type { CloudFacts } from './cloud-facts.ts';
import { examineWebhooks } from './examine-webhooks.ts';

/** Clocks that differ by more make tokens end early, or come from the future. */
const worryingSkewMs = 5000;
const harmfulSkewMs = 60_000;
/** An operation that has not begun by then waits for something that does not come by itself. */
const longWaitMs = 300_000;

/** Judges what was read of a cloud. */
export function examineCloud(facts: CloudFacts): Finding[] {
  const { hosts, drivers, devices, pending, webhooks, now } = facts;
  return [
    ...examineCaller(facts),
    examineClock(facts),
    examineVersions(facts),
    ...facts.diagnosis.peers.map(({ name, address, usable, found }) =>
      usable
        ? finding.ok(name, `${found} (${address})`)
        : finding.failed(
            name,
            `${address}: ${found}`,
            `The service cannot use it; see ${name} in its configuration and log.`,
          ),
    ),
    ...facts.diagnosis.autoReady.map(examineRule),
    ...(hosts === null ? [unseen('hosts')] : examineHosts(hosts, facts)),
    ...(drivers === null ? [unseen('drivers')] : examineDrivers(drivers)),
    ...(devices === null ? [unseen('devices')] : examineDevices(devices)),
    ...(pending === null ? [] : examinePending(pending, now)),
    ...(webhooks === null ? [] : examineWebhooks(webhooks, now)),
  ];
}

const unseen = (what: string): Finding => finding.skipped(what, 'you may not see them');

function examineCaller({ diagnosis: { caller } }: CloudFacts): Finding[] {
  const { user, project, roles, refused } = caller;
  const who = `${user} in project ${project ?? 'none'}, with the roles ${[...roles].sort().join(', ') || 'none'}`;
  const [total, shown] = [refused.length, refused.slice(0, 4).join(', ')];
  const rights =
    total === 0
      ? finding.ok('rights', 'everything is allowed')
      : finding.warning(
          'rights',
          `not allowed: ${shown}${total > 4 ? ` and ${total - 4} more` : ''}`,
          'An operator has the role admin. For whom what is allowed: cyborgd policy show',
        );
  return [finding.ok('caller', who), rights];
}

function examineClock({ skewMs }: CloudFacts): Finding {
  const size = Math.abs(skewMs);
  const found = `${(size / 1000).toFixed(1)} s ${skewMs > 0 ? 'ahead of' : 'behind'} the service`;
  const help = 'Keep both machines in time with NTP: timedatectl set-ntp true';
  if (size > harmfulSkewMs) return finding.failed('clock', found, help);
  return size > worryingSkewMs ? finding.warning('clock', found, help) : finding.ok('clock', found);
}

function examineVersions({ clientVersion, diagnosis, hosts }: CloudFacts): Finding {
  const others = [...new Set((hosts ?? []).map(({ agentVersion }) => agentVersion))].filter(
    (version) => version !== diagnosis.version && version !== '',
  );
  const found = `service ${diagnosis.version}, this command ${clientVersion}`;
  const help = 'Bring all to one version; the service first, then the agents.';
  if (others.length > 0)
    return finding.warning('versions', `${found}, agents ${others.join(', ')} too`, help);
  return clientVersion === diagnosis.version
    ? finding.ok('versions', found)
    : finding.warning('versions', found, help);
}

function examineHosts(hosts: readonly Host[], { diagnosis, now }: CloudFacts): Finding[] {
  if (hosts.length === 0)
    return [
      finding.failed('hosts', 'none has ever reported', 'Start an agent: cyborgd all, or cyborgd agent'),
    ];
  const hasPlacement = diagnosis.peers.some(({ name }) => name === 'placement');
  return hosts.flatMap((host) => [
    examineHost(host, now),
    ...(hasPlacement || host.placement.enabled ? [examinePlacement(host, hasPlacement)] : []),
  ]);
}

function examineHost({ name, state, lastSeenAt }: Host, now: number): Finding {
  const check = `host ${name}`;
  if (state === 'up') return finding.ok(check, 'up');
  const help = `Start cyborgd there, or look at its log; on that host: cyborgd doctor`;
  const found = `${state}, last heard of ${humanTime(lastSeenAt, now)}`;
  return state === 'stopped' ? finding.warning(check, found, help) : finding.failed(check, found, help);
}

function examinePlacement(
  { name, placement: { enabled, agreedAt, error, retained } }: Host,
  isConfigured: boolean,
): Finding {
  const check = `Placement and ${name}`;
  const there = `On that host: cyborgd doctor; and see placement in its configuration`;
  if (!enabled)
    return isConfigured
      ? finding.warning(check, 'its agent writes nothing to Placement', `Set placement for it. ${there}`)
      : finding.skipped(check, 'off');
  if (error !== null) return finding.failed(check, error, there);
  if (agreedAt === null) return finding.warning(check, 'have never agreed yet', there);
  if (retained.length === 0) return finding.ok(check, 'agree');
  return finding.warning(
    check,
    `kept though gone, for they are in use: ${retained.join(', ')}`,
    'They go when the servers that use them are gone: openstack resource provider show --allocations',
  );
}

function examineRule({ name, text, devices }: RuleFit): Finding {
  const check = `auto-ready ${name}`;
  if (devices > 0) return finding.ok(check, `${text}: fits ${devices} of the devices that are there`);
  const help =
    'If there should be some, compare with: cyborg device list; the rules are conductor.autoReady in the configuration.';
  return finding.warning(
    check,
    `${text}: fits no device that is there, or only such as a rule before it fits`,
    help,
  );
}

/** Drivers one by one where something is wrong, else in one line. */
function examineDrivers(drivers: readonly HostDriver[]): Finding[] {
  const troubles = drivers.flatMap(examineDriver);
  const running = drivers.filter(({ state }) => state === 'running').length;
  return [finding.ok('drivers', `${drivers.length} known, ${running} running`), ...troubles];
}

function examineDriver({ id, host, state, stale, failure }: HostDriver): Finding[] {
  const check = `driver ${id} on ${host}`;
  if (state === 'disabled') return [finding.skipped(check, 'disabled by the operator')];
  if (state === 'running' && failure === null && !stale) return [];
  const found = [state, stale ? 'its reports are overdue' : '', failure?.message ?? ''].filter(Boolean);
  const help = failure?.hint ?? `On that host: cyborgd doctor; its log says more.`;
  return [finding.failed(check, found.join('; '), help)];
}

/** Devices one by one where something is wrong, else in one line. */
function examineDevices(devices: readonly Device[]): Finding[] {
  const troubles = devices.flatMap(examineDevice);
  const waiting = devices.filter(({ state }) => state === 'discovered').length;
  const ready = devices.filter(({ state }) => state === 'ready').length;
  const found = `${devices.length} known, ${ready} ready`;
  const summary =
    waiting === 0
      ? finding.ok('devices', found)
      : finding.ok('devices', `${found}, ${waiting} wait for: cyborg device ready DEVICE`);
  return [devices.length === 0 ? finding.skipped('devices', 'none known') : summary, ...troubles];
}

function examineDevice(device: Device): Finding[] {
  const { id, state, stateReason, health } = device;
  const check = `device ${deviceLabel(device)}`;
  if (state === 'install_failed')
    return [
      finding.failed(
        check,
        `its installation failed: ${stateReason ?? ''}`,
        `Try again with: cyborg device ready ${id}`,
      ),
    ];
  if (state === 'gone') {
    const help =
      'See whether it is still in the machine: lspci; a card that fell off the bus needs a reset or a reboot.';
    return [finding.warning(check, 'gone', help)];
  }
  if (health.state === 'ok') return [];
  const found = `${health.state}${health.reason === undefined ? '' : `: ${health.reason}`}`;
  const help = `See it with: cyborg device show ${id}; to give it to nobody: cyborg device disable ${id}`;
  return [
    health.state === 'failed' ? finding.failed(check, found, help) : finding.warning(check, found, help),
  ];
}

function examinePending(pending: readonly Operation[], now: number): Finding[] {
  const late = pending.filter(({ createdAt }) => now - Date.parse(createdAt) > longWaitMs);
  const [first] = late;
  if (first === undefined) return [finding.ok('operations', `${pending.length} waiting`)];
  return [
    finding.warning(
      'operations',
      `${late.length} have waited for more than ${humanDuration(longWaitMs)}`,
      `Their host or the bus is away. To see one: cyborg operation show ${first.id}`,
    ),
  ];
}

import { connect } from 'node:net';
import { type Finding, finding } from '@cyborgjs/core';

/** A clock that is off by more makes tokens end early, or come from the future. */
const worryingSkewMs = 5000;
const harmfulSkewMs = 60_000;

/** Whether something listens at the address of a URL; nothing is said to it. */
export async function checkListens(name: string, address: string, signal: AbortSignal): Promise<Finding> {
  const { hostname, port, protocol } = new URL(address);
  const at = { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) || usualPort(protocol) };
  const where = `${at.host}:${at.port}`;
  const help = `Check that it runs there, and the network and firewalls on the way.`;
  return new Promise((resolve) => {
    const socket = connect({ ...at, signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve(finding.ok(name, `something listens on ${where}`));
    });
    socket.once('error', ({ message }) => resolve(finding.failed(name, `${where}: ${message}`, help)));
  });
}

const ports: Readonly<Record<string, number>> = {
  'mysql:': 3306,
  'postgresql:': 5432,
  'postgres:': 5432,
  'amqp:': 5672,
  'amqps:': 5671,
  'https:': 443,
};
const usualPort = (protocol: string): number => ports[protocol] ?? 80;

/** Compares the clock of this machine with that of a web server, which tells its own with every answer. */
export async function checkClock(url: string, now: () => number, signal: AbortSignal): Promise<Finding> {
  const name = 'clock';
  const before = now();
  try {
    const response = await fetch(url, { method: 'HEAD', redirect: 'manual', signal });
    const there = Date.parse(response.headers.get('date') ?? '');
    if (Number.isNaN(there)) return finding.skipped(name, `${url} does not tell the time`);
    // Their time is cut to whole seconds.
    const skew = (before + now()) / 2 - (there + 500);
    const found = `${Math.abs(skew / 1000).toFixed(0)} s ${skew > 0 ? 'ahead of' : 'behind'} ${new URL(url).host}`;
    const help = 'Keep both in time with NTP: timedatectl set-ntp true, then chronyc tracking.';
    if (Math.abs(skew) > harmfulSkewMs) return finding.failed(name, found, help);
    if (Math.abs(skew) > worryingSkewMs) return finding.warning(name, found, help);
    return finding.ok(name, `agrees with ${new URL(url).host}`);
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    return finding.skipped(name, `nothing to compare it with: ${url} does not answer: ${reason}`);
  }
}

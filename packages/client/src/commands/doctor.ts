import { type Finding, finding, findingLines } from '@cyborgjs/core';
import type { Command } from 'commander';
import { isCyborgApiError } from '../cyborg-api-error.ts';
import { isCyborgConnectionError } from '../cyborg-connection-error.ts';
import type { CloudFacts } from '../doctor/cloud-facts.ts';
import { examineCloud } from '../doctor/examine-cloud.ts';
import { packageVersion } from '../package-version.ts';
import type { CommandContext, CommandRunner } from './command-context.ts';
import { describeError } from './describe-error.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { collect } from './list-limit.ts';

const doctorHelp = `
Looks, through the service, at everything that accelerators need: the connection and your rights, the
clock, the services that this one uses, hosts, drivers, devices, webhooks, and how each host
stands with Placement. Says below each trouble what helps. Changes nothing.

What only a host itself can tell (IOMMU, kernel modules, disk), "cyborgd doctor" says on that host.

Exit codes: 0 nothing failed (there may be warnings), 1 something failed, 3 no service was reached.
`;

/** `cyborg doctor` */
export function declareDoctor(program: Command, run: CommandRunner): void {
  program
    .command('doctor')
    .description('look at everything that accelerators need, and say what is wrong and what helps')
    .addHelpText('after', doctorHelp)
    .action((_options, command: Command) => run(command, examine));
}

async function examine(context: CommandContext): Promise<ExitCode> {
  const { endpoint, tokenSource } = context.connection;
  const reached = finding.ok('service', `answers at ${endpoint.href}; token: ${tokenSource}`);
  try {
    const findings = [reached, ...examineCloud(await readFacts(context))];
    return show(context, findings);
  } catch (error) {
    if (!isCyborgApiError(error) && !isCyborgConnectionError(error)) throw error;
    const ending = show(context, [unreached(error, context)]);
    return isCyborgConnectionError(error) ? exitCode.unreachable : ending;
  }
}

function unreached(error: Error, { connection: { endpoint, tokenSource } }: CommandContext): Finding {
  if (isCyborgConnectionError(error)) {
    const help = `${error.advice}; or give another --endpoint. On the host of the service: cyborgd doctor`;
    return finding.failed('service', `${endpoint.href}: ${error.reason}`, help);
  }
  if (hasCode(error, 'auth.required')) {
    const help = 'Give a token with --token-file or CYBORG_TOKEN, or name a cloud with OS_CLOUD.';
    return finding.failed('token', `refused; it came from: ${tokenSource}`, help);
  }
  if (isCyborgApiError(error) && error.code === 'auth.denied') {
    const help =
      'An operator has the role admin; a reader or member at least may ask. See: cyborgd policy show';
    return finding.failed('rights', error.detail, help);
  }
  if (hasCode(error, 'route.not_found'))
    return finding.failed('service', 'is older than this command', 'Update the service.');
  return finding.failed('service', describeError(error).line, 'The log of the service has more.');
}

async function readFacts({ client, signal }: CommandContext): Promise<CloudFacts> {
  const before = Date.now();
  const diagnosis = await client.diagnose({ signal });
  const now = Date.parse(diagnosis.now);
  const skewMs = (before + Date.now()) / 2 - now;
  const all = <Item>(items: AsyncIterable<Item>) => collect(items).catch(nullWhenDenied);
  const [hosts, drivers, devices, pending, webhooks] = await Promise.all([
    all(client.hosts.list({ signal })),
    all(client.drivers.list({}, { signal })),
    all(client.devices.list({}, { signal })),
    all(client.operations.list({ state: 'pending' }, { signal })),
    all(client.webhooks.list({ signal })),
  ]);
  const seen = { hosts, drivers, devices, pending, webhooks };
  return { diagnosis, skewMs, clientVersion: packageVersion(), ...seen, now };
}

function nullWhenDenied(error: unknown): null {
  if (hasCode(error, 'auth.denied')) return null;
  throw error;
}

const hasCode = (error: unknown, code: string): boolean => isCyborgApiError(error) && error.code === code;

const tones = { ok: 'good', warning: 'warning', failed: 'bad', skipped: 'faint' } as const;

function show({ terminal }: CommandContext, findings: readonly Finding[]): ExitCode {
  const isWell = findings.every(({ state }) => state !== 'failed');
  terminal.show({
    json: { well: isWell, findings },
    names: findings.filter(({ state }) => state === 'failed').map(({ check }) => check),
    text: ({ paint }) => findingLines(findings, (state, text) => paint(tones[state], text)).join('\n'),
  });
  return isWell ? exitCode.ok : exitCode.failed;
}

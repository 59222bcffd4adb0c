import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { styleText } from 'node:util';
import { type Finding, finding, findingLines } from '@cyborgjs/core';
import { createFileRecords } from '@cyborgjs/driver-sdk/host';
import { createPlacement } from '@cyborgjs/placement-client';
import { bootIdOf } from './agent/boot-id.ts';
import { createLedger } from './agent/ledger.ts';
import { hostName, recordsDirOf } from './agent-host.ts';
import { examineAutoReady, requireSound } from './check-config.ts';
import { composeOpenStackPeers } from './compose-peers.ts';
import { composeSession } from './compose-session.ts';
import { askPeer } from './conductor/peer.ts';
import type { AgentHostConfig, Config } from './config-schema.ts';
import { checkDrivers } from './doctor/check-drivers.ts';
import { checkMachine } from './doctor/check-machine.ts';
import { checkClock, checkListens } from './doctor/check-peers.ts';
import { checkPlacement } from './doctor/check-placement.ts';
import { checkRights } from './doctor/check-rights.ts';
import { checkStateDir } from './doctor/check-state-dir.ts';
import { readMachineFacts } from './doctor/machine-facts.ts';

interface DoctorInit {
  readonly read: () => Config;
  /** Where a value of the configuration was said. */
  readonly placeOf: () => (path: readonly PropertyKey[]) => string;
  readonly json: boolean;
}

/** A peer that says nothing for longer counts as away. */
const patienceMs = 10_000;

/** Exit status when something failed: the operator has something to mend. */
const inTrouble = 78;

/** `cyborgd doctor`: looks at everything on this machine that the agent needs; changes nothing. */
export async function runDoctor({ read, placeOf, json }: DoctorInit): Promise<void> {
  const findings = await examine(read, placeOf);
  const isWell = findings.every(({ state }) => state !== 'failed');
  if (json) process.stdout.write(`${JSON.stringify({ well: isWell, findings }, null, 2)}\n`);
  else process.stdout.write(`${findingLines(findings, paint).join('\n')}\n`);
  if (!isWell) process.exitCode = inTrouble;
}

const colours = { ok: 'green', warning: 'yellow', failed: 'red', skipped: 'dim' } as const;
const paint = (state: Finding['state'], text: string): string =>
  styleText(colours[state], text, { stream: process.stdout });

async function examine(read: () => Config, placeOf: DoctorInit['placeOf']): Promise<Finding[]> {
  const user = process.getuid?.() ?? 0;
  let config: Config;
  try {
    config = read();
  } catch (error) {
    return [configFinding(error), ...checkMachine(readMachineFacts()), ...checkRights(user)];
  }
  return [
    ...checkConfiguration(config, placeOf),
    ...checkStateDir(config.stateDir, user),
    ...checkRights(user),
    ...machineFindings(config),
    ...(await checkDrivers(config.stateDir)),
    ...(await peerFindings(config)),
    ...(await placementFindings(config)),
  ];
}

function checkConfiguration(config: Config, placeOf: DoctorInit['placeOf']): Finding[] {
  try {
    const { drivers } = requireSound(config, placeOf());
    return [
      finding.ok('configuration', `holds; drivers: ${drivers.join(', ')}`),
      ...examineAutoReady(config, drivers).map(({ name, text, doubt }) =>
        doubt === undefined
          ? finding.ok(`auto-ready ${name}`, text)
          : finding.warning(
              `auto-ready ${name}`,
              `${text}: ${doubt}`,
              'See conductor.autoReady in the configuration.',
            ),
      ),
    ];
  } catch (error) {
    return [configFinding(error)];
  }
}

const configFinding = (error: unknown): Finding =>
  finding.failed(
    'configuration',
    (error as Error).message.replaceAll('\n', '; '),
    'Mend it and look again with: cyborgd check-config',
  );

/** A simulated machine is as its simulator made it. */
function machineFindings({ agent }: Config): Finding[] {
  const isReal = ({ machine }: AgentHostConfig) => machine.kind === 'real';
  return agent.hosts.some(isReal) ? checkMachine(readMachineFacts()) : [];
}

async function peerFindings(config: Config): Promise<Finding[]> {
  const { store, bus, placement, nova, glance, api } = config;
  const signal = AbortSignal.timeout(patienceMs);
  const keystone = [api.auth, placement?.auth, nova?.auth, glance?.auth].flatMap((auth) =>
    auth !== undefined && 'authUrl' in auth ? [auth.authUrl] : [],
  )[0];
  const asked = [
    ...(store.kind === 'sqlite' ? [] : [checkListens('database', store.url, signal)]),
    ...(bus.kind === 'memory' ? [] : [checkListens('bus', bus.url, signal)]),
    ...(keystone === undefined ? [] : [checkListens('Keystone', keystone, signal)]),
    ...(keystone === undefined ? [] : [checkClock(keystone, Date.now, signal)]),
  ];
  return [...(await Promise.all(asked)), ...(await serviceFindings(config))];
}

/** Those of which nothing is compared: only whether our user gets a token and an answer. */
const askedServices: Readonly<Record<string, string>> = { nova: 'Nova', glance: 'Glance' };

async function serviceFindings(config: Config): Promise<Finding[]> {
  const { list, close } = composeOpenStackPeers(config);
  try {
    const asked = list.filter(({ name }) => name in askedServices);
    const answers = await Promise.all(asked.map((peer) => askPeer(peer, patienceMs)));
    return answers.map(({ name, usable, found }) => {
      const check = askedServices[name] ?? name;
      return usable
        ? finding.ok(check, found)
        : finding.failed(check, found, `See ${name} in the configuration.`);
    });
  } finally {
    await close();
  }
}

async function placementFindings(config: Config): Promise<Finding[]> {
  const { placement: settings } = config;
  if (!settings?.enabled) return [finding.skipped('Placement', 'none is configured')];
  const session = composeSession(settings, 'placement');
  try {
    const placement = createPlacement(session);
    const signal = AbortSignal.timeout(patienceMs);
    return await Promise.all(
      config.agent.hosts.map(async (host) => {
        const name = hostName(host);
        const directory = recordsDirOf(config, name);
        if (!existsSync(directory))
          return finding.skipped(`Placement and ${name}`, 'its agent has never run here');
        const ledger = createLedger(createFileRecords(directory));
        const compared = { name, ledger, bootId: bootIdOf(host.machine, randomUUID) };
        return checkPlacement(compared, { placement, signal });
      }),
    );
  } finally {
    await session.close();
  }
}

import type { StoreTransaction } from '../store/store.ts';
import { ruleFor } from './auto-ready.ts';
import type { ConductorContext } from './conductor.ts';
import { beginInstall } from './make-device-ready.ts';
import { type IdentifiedDevice, isProvisional } from './normalise-report.ts';

interface Reported {
  readonly host: string;
  readonly driver: string;
  readonly devices: readonly IdentifiedDevice[];
}

/**
 * Begins to install those of the reported devices that a rule fits and that nobody has decided about, as an operator
 * would. Each once: what became of it is for people to see to, and so is a device that they took back. A device that
 * is not well, or that could not be told from another one at its address, waits for an operator.
 */
export async function readyByRule(
  transaction: StoreTransaction,
  { host, driver, devices }: Reported,
  context: ConductorContext,
): Promise<void> {
  const { autoReady } = context.settings;
  if (autoReady.length === 0) return;
  const identities = new Set(
    devices.flatMap(({ identity, health }) =>
      health.state === 'ok' && !isProvisional(identity) ? [identity] : [],
    ),
  );
  const { items } = await transaction.devices.list({ host, driver, state: 'discovered' });
  for (const device of items) {
    const found = ruleFor(device, autoReady);
    if (found === undefined || !device.untouched || !identities.has(device.identity)) continue;
    const { profile, options } = found.rule;
    const { id } = await beginInstall(
      transaction,
      { device, profile, options, requestedBy: found.name },
      context,
    );
    context.log.info(
      { host, device: device.id, rule: found.name, operation: id },
      'a rule has a device made ready',
    );
  }
}

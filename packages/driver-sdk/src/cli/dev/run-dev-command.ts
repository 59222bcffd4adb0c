import type { StagedMachine } from '../../conformance/conformance-subject.ts';
import type { AttachRequest, DeviceReference } from '../../driver.ts';
import { DriverError } from '../../driver-error.ts';
import type { DevSession } from './dev-session.ts';

/** What can be typed in `cyborg-driver dev`. */
export const devHelp = `
  discover                      ask the driver what there is
  attach HANDLE [nova]          give a handle to an instance called "dev", directly or by way of Nova
  detach HANDLE [nova]          take it back
  status HANDLE [nova]          ask the driver how it is with that
  install ADDRESS [LAYOUT]      make a device ready; uninstall undoes it
  unplug ADDRESS, replug, sicken, recover
                                something happens to a card, and nobody tells the driver
  reads                         show what the driver reads too, or no longer
  reload                        start the driver anew; done by itself when a file changes
  quit                          end; so does Ctrl-C
`.trimEnd();

const machineVerbs = ['unplug', 'replug', 'sicken', 'recover'] as const;

/** Does what was typed, except what concerns the terminal alone. Throws `invalid` for what it does not know. */
export async function runDevCommand(session: DevSession, line: string): Promise<void> {
  const [verb = '', target = '', extra] = line.trim().split(/\s+/);
  switch (verb) {
    case 'discover':
      return session.discover();
    case 'reload':
      return session.reload();
    case 'attach':
    case 'detach':
    case 'status':
      return void (await session.call(line.trim(), verb, attachRequest(session, target, extra)));
    case 'install':
    case 'uninstall': {
      const device = deviceAt(session, target);
      const profile = extra === undefined ? {} : { profile: extra };
      await session.call(line.trim(), verb, { device, ...profile, options: {} });
      return session.discover();
    }
  }
  const happening = machineVerbs.find((one) => one === verb);
  if (happening === undefined)
    throw new DriverError('invalid', `there is no "${verb}"`, { hint: 'Type help.' });
  await happen(session.machine, happening, target);
}

async function happen(
  machine: StagedMachine,
  verb: (typeof machineVerbs)[number],
  target: string,
): Promise<void> {
  const work = machine[verb];
  if (work === undefined) throw new DriverError('unsupported', `this machine cannot ${verb} a card`);
  await work.call(machine, target);
}

function attachRequest(session: DevSession, id: string, via: string | undefined): AttachRequest {
  for (const { identity, address, deployables } of session.devices)
    for (const { id: handle, type } of deployables.flatMap(({ handles }) => handles))
      if (handle === id)
        return {
          device: { identity: identity ?? `at:${address}`, address },
          handle: { id, type },
          consumer: { type: 'instance', id: 'dev', via: via === 'nova' ? 'nova' : 'direct' },
          options: {},
        };
  const known = session.devices.flatMap(({ deployables }) =>
    deployables.flatMap(({ handles }) => handles.map((handle) => handle.id)),
  );
  throw new DriverError('invalid', `no device has a handle "${id}"`, {
    hint: `There are: ${known.join(', ') || 'none'}.`,
  });
}

function deviceAt({ devices }: DevSession, address: string): DeviceReference {
  const device = devices.find((one) => one.address === address);
  if (device !== undefined) return { identity: device.identity ?? `at:${address}`, address };
  const known = devices.map((one) => one.address).join(', ') || 'none';
  throw new DriverError('invalid', `there is no device at "${address}"`, { hint: `There are: ${known}.` });
}

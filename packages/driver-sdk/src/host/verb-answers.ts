import { AttachmentInfo, AttachStatus, DiscoveredDevice } from '@cyborgjs/core';
import { z } from 'zod';
import type { AttachRequest, DeviceReference, InstallRequest, ProgramRequest } from '../driver.ts';
import { DriverError } from '../driver-error.ts';
import type { CallVerb } from './host-limits.ts';

/** What each verb is asked with. */
export interface VerbArgument {
  readonly discover: Readonly<Record<string, never>>;
  readonly status: AttachRequest;
  readonly attach: AttachRequest;
  readonly detach: AttachRequest;
  readonly install: InstallRequest;
  readonly uninstall: InstallRequest;
  readonly program: ProgramRequest;
  readonly stats: readonly DeviceReference[];
}

/** What each verb answers. */
export interface VerbAnswer {
  readonly discover: readonly DiscoveredDevice[];
  readonly status: AttachStatus;
  readonly attach: AttachmentInfo;
  readonly detach: undefined;
  readonly install: DiscoveredDevice;
  readonly uninstall: undefined;
  readonly program: { readonly version: string };
  readonly stats: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const nothing = z.null().transform(() => undefined);

const Inventory = z.array(DiscoveredDevice).superRefine((devices, context) => {
  const names: Record<'identity' | 'deployable' | 'handle', Set<string>> = {
    identity: new Set(),
    deployable: new Set(),
    handle: new Set(),
  };
  const once = (kind: keyof typeof names, name: string, path: (string | number)[]): void => {
    if (names[kind].has(name)) {
      context.addIssue({ code: 'custom', path, message: `${kind} "${name}" comes twice` });
    }
    names[kind].add(name);
  };
  for (const [d, { identity, deployables }] of devices.entries()) {
    if (identity !== null) once('identity', identity, [d, 'identity']);
    for (const [p, { name, handles }] of deployables.entries()) {
      once('deployable', name, [d, 'deployables', p, 'name']);
      for (const [h, { id }] of handles.entries())
        once('handle', id, [d, 'deployables', p, 'handles', h, 'id']);
    }
  }
});

const answers: { readonly [Verb in CallVerb]: z.ZodType<VerbAnswer[Verb]> } = {
  discover: Inventory,
  status: AttachStatus,
  attach: AttachmentInfo,
  detach: nothing,
  install: DiscoveredDevice,
  uninstall: nothing,
  program: z.strictObject({ version: z.string().min(1).max(255) }),
  stats: z.record(z.string(), z.record(z.string(), z.number())),
};

/** A driver's answer, checked: `internal` when it is not what the contract says, naming the place. */
export function parseAnswer<Verb extends CallVerb>(
  driver: string,
  verb: Verb,
  answer: unknown,
): VerbAnswer[Verb] {
  const parsed = answers[verb].safeParse(answer);
  if (parsed.success) return parsed.data;
  throw garbage(driver, verb, parsed.error);
}

function garbage(driver: string, asked: string, error: z.ZodError): DriverError {
  const places = error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.') || '.'}: ${message}`);
  return new DriverError('internal', `driver ${driver} answered garbage to ${asked}: ${places.join('; ')}`, {
    hint: 'The driver is at fault: tell its vendor, and run its conformance checks.',
  });
}

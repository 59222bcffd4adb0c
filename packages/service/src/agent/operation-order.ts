import {
  type CommandOf,
  type OperationArguments,
  type OperationVerb,
  operationArguments,
} from '@cyborgjs/core';
import { DriverError } from '@cyborgjs/driver-sdk';
import type { MutatingVerb, VerbArgument } from '@cyborgjs/driver-sdk/host';

/** What a command asks of a driver: the request as the verb takes it, and how it is to be made. */
export type OperationOrder = {
  readonly [Verb in MutatingVerb]: {
    readonly verb: Verb;
    /** Without the path of the image, which is found only when the operation is carried out. */
    readonly request: Omit<VerbArgument[Verb], Verb extends 'program' ? 'image' : never>;
    readonly dryRun: boolean;
    readonly force: boolean;
    /** An image that lies on the host. */
    readonly file: { readonly image: string; readonly sha256: string } | null;
  };
}[MutatingVerb];

/** Reads a command that concerns a device. Throws `invalid` naming the place, `unsupported` for a verb of the future. */
export function readOrder({ verb, device, arguments: given }: CommandOf<'operation'>): OperationOrder {
  if (device === null) throw new DriverError('invalid', `${verb} needs a device, and got none`);
  switch (verb) {
    case 'install':
    case 'uninstall': {
      const { dryRun, profile, options } = parse(verb, given);
      const request = { device, options, ...(profile === undefined ? {} : { profile }) };
      return { verb, request, dryRun, force: false, file: null };
    }
    case 'program': {
      const { dryRun, image, sha256, options } = parse(verb, given);
      const file = image === undefined || sha256 === undefined ? null : { image, sha256 };
      return { verb, request: { device, options }, dryRun, force: false, file };
    }
    case 'attach': {
      const { dryRun, ...terms } = parse(verb, given);
      return { verb, request: { device, ...terms }, dryRun, force: false, file: null };
    }
    case 'detach': {
      const { dryRun, force, ...terms } = parse(verb, given);
      return { verb, request: { device, ...terms }, dryRun, force, file: null };
    }
    default:
      throw new DriverError('unsupported', `this agent knows no ${verb} of a device`, {
        hint: 'update the agent',
      });
  }
}

function parse<Verb extends OperationVerb>(
  verb: Verb,
  given: CommandOf<'operation'>['arguments'],
): OperationArguments<Verb> {
  const parsed = operationArguments[verb].safeParse(given);
  // The schema is the verb's own, which the compiler does not see through the table.
  if (parsed.success) return parsed.data as OperationArguments<Verb>;
  const places = parsed.error.issues.map(({ path, message }) => `${path.join('.') || '.'}: ${message}`);
  throw new DriverError('invalid', `the arguments of ${verb} do not hold: ${places.join('; ')}`);
}

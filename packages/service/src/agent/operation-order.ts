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
    readonly request: VerbArgument[Verb];
    readonly dryRun: boolean;
    readonly force: boolean;
    readonly image: Verb extends 'program' ? Pick<OperationArguments<'program'>, 'image' | 'sha256'> : null;
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
      return { verb, request, dryRun, force: false, image: null };
    }
    case 'program': {
      const { dryRun, image, sha256, options } = parse(verb, given);
      return { verb, request: { device, image, options }, dryRun, force: false, image: { image, sha256 } };
    }
    case 'attach': {
      const { dryRun, ...terms } = parse(verb, given);
      return { verb, request: { device, ...terms }, dryRun, force: false, image: null };
    }
    case 'detach': {
      const { dryRun, force, ...terms } = parse(verb, given);
      return { verb, request: { device, ...terms }, dryRun, force, image: null };
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

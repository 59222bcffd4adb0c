import type { Driver } from '../../src/driver.ts';
import type { Machine } from '../../src/machine.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';

type AcmeDriver = Driver<AcmeContext['config']>;

/** The good driver with another machine below one of its verbs. */
export function changeSeam<Verb extends 'discover' | 'attach' | 'detach' | 'install' | 'program' | 'stats'>(
  verb: Verb,
  change: (context: AcmeContext) => Partial<Machine>,
): AcmeDriver {
  const run = acmeDriver[verb] as unknown as (context: AcmeContext, request?: unknown) => Promise<unknown>;
  const changed = (context: AcmeContext, request?: unknown): Promise<unknown> =>
    run({ ...context, sys: { ...context.sys, ...change(context) } }, request);
  return { ...acmeDriver, [verb]: changed };
}

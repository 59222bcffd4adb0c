import { CyborgError } from '@cyborgjs/core';
import type { Config } from './config-schema.ts';

/** What one `cyborgd` process does: everything, or one part of it. */
export type Role = 'all' | 'api' | 'conductor' | 'agent';

/** The parts that a role runs. */
export interface Parts {
  readonly api: boolean;
  readonly conductor: boolean;
  readonly agent: boolean;
}

/** The parts of a role; throws `config.invalid` when the configured bus cannot reach the other processes. */
export function partsOf(role: Role, config: Config): Parts {
  if ((role === 'agent' || role === 'conductor') && config.bus.kind === 'memory')
    throw new CyborgError(
      'config.invalid',
      `bus.kind: "memory" ends at this process, and \`cyborgd ${role}\` has to reach others: ` +
        'set bus.kind: rabbitmq with its url, or run `cyborgd all`',
    );
  return {
    api: role === 'all' || role === 'api',
    conductor: role !== 'agent' && role !== 'api',
    agent: role === 'all' || role === 'agent',
  };
}

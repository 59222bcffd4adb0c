import { hostname } from 'node:os';
import { join } from 'node:path';
import type { AgentHostConfig, Config } from './config-schema.ts';

/** The name of a host: what the configuration says, else what this machine calls itself. */
export const hostName = (config: AgentHostConfig): string => config.name ?? hostname();

/** Where the ledger of a host is, and the journal of its drivers. */
export const recordsDirOf = ({ stateDir }: Config, host: string): string =>
  join(stateDir, 'agents', encodeURIComponent(host));

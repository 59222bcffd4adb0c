import { join, resolve } from 'node:path';
import type { Config } from './config-schema.ts';

/** The operator's driver directory, absolute. */
export const driversDirOf = ({ stateDir, agent }: Pick<Config, 'stateDir' | 'agent'>): string =>
  agent.driversDir === null ? join(stateDir, 'drivers') : resolve(agent.driversDir);

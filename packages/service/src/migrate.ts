import { randomUUID } from 'node:crypto';
import type { Uuid } from '@cyborgjs/core';
import pino from 'pino';
import type { Config } from './config-schema.ts';
import { claimStateDir } from './state-dir.ts';
import { createStore } from './store/create-store.ts';
import { storeTarget } from './store-target.ts';

/** Brings the database to this version and ends; every start of a conductor does the same first. */
export async function migrate(config: Config): Promise<void> {
  const stateDir = await claimStateDir(config.stateDir, 'migrate');
  const store = await createStore(storeTarget(config), {
    now: Date.now,
    newId: () => randomUUID() as Uuid,
    log: pino({ level: config.log.level }, pino.destination(2)),
  });
  await store.close();
  await stateDir.release();
  process.stdout.write(`the database (${config.store.kind}) is up to date\n`);
}

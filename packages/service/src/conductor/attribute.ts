import { CyborgError } from '@cyborgjs/core';
import type { StoredAttribute } from '../store/attribute.ts';
import type { ConductorContext, ConductorIntents } from './conductor.ts';

/** Adds an attribute to a deployable; the next report of its driver takes it away again, as in Cyborg. */
export function createAttribute(
  { deployableNumber, key, value }: Parameters<ConductorIntents['createAttribute']>[0],
  { store, newId }: ConductorContext,
): Promise<StoredAttribute> {
  return store.transaction(async ({ deployables, attributes, hosts }) => {
    const [deployable] = (await deployables.list({ number: deployableNumber })).items;
    if (deployable === undefined)
      throw new CyborgError('deployable.not_found', `no deployable has the number ${deployableNumber}`, {
        details: { deployable_id: deployableNumber },
      });
    await hosts.lock(deployable.host);
    const id = newId();
    await attributes.insert([{ id, deployableId: deployable.id, key, value }]);
    return attributes.get(id);
  });
}

/** Removes an attribute; one that the driver reports comes back with its next report. */
export function deleteAttribute(id: string, { store }: ConductorContext): Promise<void> {
  return store.transaction(async ({ attributes }) => {
    const attribute = await attributes.get(id);
    await attributes.remove([attribute.id]);
  });
}

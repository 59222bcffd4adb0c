import type { RecordStore } from '@cyborgjs/driver-sdk/host';
import { listHeldAttachments } from '@cyborgjs/driver-sdk/host';

/** Who holds something that a driver has attached on a host, as its journal says, for people; none when nobody does. */
export async function holdersOf(records: RecordStore, driver: string): Promise<string[]> {
  const { attachments, unreadable } = await listHeldAttachments(records);
  return [
    ...attachments
      .filter((held) => held.driver === driver)
      .map(({ handle, consumer, state }) => `${handle.id} (${state}, ${consumer.type} ${consumer.id})`),
    ...unreadable
      .filter((held) => held.driver === driver)
      .map(({ handle }) => `${handle} (its record is unreadable)`),
  ];
}

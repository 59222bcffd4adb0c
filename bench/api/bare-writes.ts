import { randomUUID } from 'node:crypto';
import type { BareDriver } from './bare-store.ts';

/** How long to write, and by how many at once. */
export interface BareOrder {
  readonly forMs: number;
  readonly atOnce: number;
  readonly profile: string;
}

/**
 * Writes what the service has to store for requests that are made, bound and deleted again: one transaction for each,
 * with the row of the request, the handle, an event and the record of who asked. It reads nothing, decides nothing and
 * lets nobody wait for an event of another's. Tells how many in a second.
 */
export async function writeBare(driver: BareDriver, { forMs, atOnce, profile }: BareOrder): Promise<number> {
  const handles = await driver.rows('select id from attach_handle where holder_id is null', []);
  const endAt = performance.now() + forMs;
  let count = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async (_, writer) => {
      // Never the same by two at once.
      for (let turn = writer; performance.now() < endAt; turn += atOnce) {
        const { id: handle } = handles[turn % (handles.length - (handles.length % atOnce))] as { id: string };
        await writeOnce(driver, { profile, handle });
        count += 1;
      }
    }),
  );
  return (count * 1000) / forMs;
}

interface Written {
  readonly profile: string;
  readonly handle: string;
}

async function writeOnce({ change, mark }: BareDriver, { profile, handle }: Written): Promise<void> {
  const [id, instance, now] = [randomUUID(), randomUUID(), Date.now()];
  const insert = (table: string, row: Readonly<Record<string, string | number>>) => {
    const marks = Object.keys(row).map((_, index) => mark(index + 1));
    const sql = `insert into ${table} (${Object.keys(row).join(', ')}) values (${marks.join(', ')})`;
    return [sql, Object.values(row)] as const;
  };
  const kept = (verb: string) => [
    insert('event', {
      id: nextEvent(),
      type: `accelerator_request.${verb}`,
      subject: id,
      data: '{}',
      at: now,
    }),
    insert('audit', { ...asked, request_id: `req-${randomUUID()}`, target: id, at: now }),
  ];
  const request = { id, project_id: 'p', state: 'Initial', device_profile_id: profile, group_index: 0 };
  await change([insert('accelerator_request', { ...request, created_at: now }), ...kept('created')]);
  const bound = `state = 'Bound', host = 'compute1', instance_id = ${mark(1)}, updated_at = ${mark(2)}`;
  const held = "holder_kind = 'accelerator_request', holder_id";
  await change([
    [`update attach_handle set ${held} = ${mark(1)} where id = ${mark(2)}`, [id, handle]],
    [`update accelerator_request set ${bound} where id = ${mark(3)}`, [instance, now, id]],
    ...kept('bound'),
  ]);
  await change([
    [`update attach_handle set holder_kind = null, holder_id = null where id = ${mark(1)}`, [handle]],
    [`delete from accelerator_request where id = ${mark(1)}`, [id]],
    ...kept('deleted'),
  ]);
}

const asked = {
  user_id: 'u'.repeat(32),
  project_id: 'p'.repeat(32),
  roles: '["admin"]',
  method: 'POST',
  route: '/v2/accelerator_requests',
  outcome: 'done',
  status: 201,
};

/** Below those that the service gives, so that nobody reads them. */
let event = -Date.now() * 1_000;
function nextEvent(): number {
  event += 1;
  return event;
}

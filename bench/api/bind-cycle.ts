import { randomUUID } from 'node:crypto';
import { type Connection, requestOf } from './connection.ts';
import type { Load } from './load.ts';
import type { Seeded } from './seed-store.ts';

interface Cycle {
  readonly headers: Readonly<Record<string, string>>;
  readonly profile: string;
  readonly providers: Seeded['providers'];
  /** Whether to list the requests of the server too, as nova-compute does. */
  readonly listing?: boolean;
}

/** One after the other go to different hosts, of eight devices each, as a scheduler spreads them. */
const stride = 9;

/** What Nova does with one accelerator of one server, from its boot to its end. */
export function bindCycle({ headers, profile, providers, listing = false }: Cycle): Load['turn'] {
  const creation = requestOf('POST', '/v2/accelerator_requests', {
    headers,
    body: { device_profile_name: profile },
  });
  return async (connection, number) => {
    const made = await connection.ask(creation, true);
    if (made.status !== 201) throw new Error(`not created: ${made.status} ${made.body}`);
    const id = (JSON.parse(made.body) as { arqs: { uuid: string }[] }).arqs[0]?.uuid ?? '';
    const instance = randomUUID();
    const provider = providers[(number * stride) % providers.length] as Seeded['providers'][number];
    await bind(connection, { headers, id, instance, provider });
    const ofServer = `/v2/accelerator_requests?instance=${instance}`;
    if (listing) await connection.ask(requestOf('GET', ofServer, { headers }));
    const deletion = requestOf('DELETE', ofServer, { headers });
    const deleted = await connection.ask(deletion, true);
    if (deleted.status !== 204) throw new Error(`not deleted: ${deleted.status} ${deleted.body}`);
  };
}

interface Binding {
  readonly headers: Readonly<Record<string, string>>;
  readonly id: string;
  readonly instance: string;
  readonly provider: Seeded['providers'][number];
}

/** Binds a request, as nova-conductor does. */
export async function bind(
  connection: Connection,
  { headers, id, instance, provider }: Binding,
): Promise<void> {
  const add = (path: string, value: string) => ({ path, op: 'add', value });
  const body = {
    [id]: [
      add('/hostname', provider.host),
      add('/device_rp_uuid', provider.id),
      add('/instance_uuid', instance),
    ],
  };
  const bound = await connection.ask(requestOf('PATCH', '/v2/accelerator_requests', { headers, body }), true);
  if (bound.status !== 202) throw new Error(`not bound: ${bound.status} ${bound.body}`);
}

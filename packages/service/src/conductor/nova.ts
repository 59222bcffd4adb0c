import { isOpenStackError, type Session } from '@cyborgjs/openstack-session';
import { z } from 'zod';
import type { BindingNews } from '../store/outbox.ts';

/** Version of the Compute API with `accelerator-request-bound` (2.82). */
const microversion = '2.82';
/** A Nova that takes longer is asked again later. */
const timeoutMs = 15_000;
/** The event that nova-compute waits for. */
const eventName = 'accelerator-request-bound';

/** What became of one event, as Nova says: 200 taken, 422 the server has no host yet, 404 no such server. */
export interface EventAnswer {
  readonly requestId: string;
  readonly code: number;
}

/** What we need of Nova. */
export interface Nova {
  /** Sends the events in one call; throws when Nova cannot be asked at the moment or does not let us. */
  sendEvents(news: BindingNews): Promise<readonly EventAnswer[]>;
  /** Whether Nova knows the server; throws when that cannot be found out. */
  hasServer(id: string): Promise<boolean>;
  /** The project that a server is of; undefined when Nova does not know the server. Throws as `hasServer`. */
  projectOf(id: string): Promise<string | undefined>;
}

/** Nova, by its external events (api-ref/compute, "Create external events") and its list of servers. */
export function createNova(session: Session): Nova {
  return {
    async sendEvents({ instanceId, outcomes }) {
      const events = outcomes.map(({ requestId, status }) => ({
        name: eventName,
        server_uuid: instanceId,
        tag: requestId,
        status,
      }));
      try {
        const { body } = await session.request({
          service: 'compute',
          method: 'POST',
          path: '/os-server-external-events',
          body: { events },
          microversion,
          timeoutMs,
          // Nova drops an event that it has had already.
          idempotent: true,
        });
        return answersIn(body, outcomes);
      } catch (error) {
        // No event of the request could be dispatched: then Nova answers with the code alone.
        if (isOpenStackError(error) && (error.status === 404 || error.status === 400))
          return outcomes.map(({ requestId }) => ({ requestId, code: error.status ?? 0 }));
        throw error;
      }
    },

    hasServer: async (id) => (await showServer(session, id)) !== undefined,

    async projectOf(id) {
      const server = await showServer(session, id);
      return server === undefined ? undefined : ServerAnswer.parse(server).server.tenant_id;
    },
  };
}

/** The part of Nova's answer that is read (API reference, "Show server details"). */
const ServerAnswer = z.object({ server: z.object({ tenant_id: z.string() }) });

/** Undefined when Nova does not know the server. */
async function showServer(session: Session, id: string): Promise<unknown> {
  try {
    const path = `/servers/${encodeURIComponent(id)}`;
    const { body } = await session.request({
      service: 'compute',
      method: 'GET',
      path,
      microversion,
      timeoutMs,
    });
    return body ?? {};
  } catch (error) {
    if (isOpenStackError(error) && error.status === 404) return undefined;
    throw error;
  }
}

function answersIn(body: unknown, outcomes: BindingNews['outcomes']): EventAnswer[] {
  const answers = (body as { events?: { tag?: string; code?: number }[] } | undefined)?.events ?? [];
  const codeOf = new Map(answers.map(({ tag, code }) => [tag, code]));
  return outcomes.map(({ requestId }) => ({ requestId, code: codeOf.get(requestId) ?? 200 }));
}

import { CyborgError } from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';

/** Binds the API to its address and gives the URL; throws `listen.failed` with the mend. */
export async function listenAt(
  api: Pick<FastifyInstance, 'listen'>,
  address: { readonly host: string; readonly port: number },
): Promise<string> {
  try {
    return await api.listen({ ...address });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    const where = `api.listen ${address.host}:${address.port}`;
    if (code === 'EADDRINUSE')
      throw new CyborgError(
        'listen.failed',
        `${where}: another process listens there; stop it or give another address with --listen host:port`,
        { cause },
      );
    if (code === 'EACCES')
      throw new CyborgError('listen.failed', `${where}: no right to this port; take one from 1024 on`, {
        cause,
      });
    throw new CyborgError('listen.failed', `${where}: ${message}`, { cause });
  }
}

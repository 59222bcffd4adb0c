import { setTimeout as pause } from 'node:timers/promises';
import type { Attachment } from '@cyborgjs/core';
import { pollUntil } from '../poll-until.ts';
import type { CommandContext } from './command-context.ts';

interface WayOfDetaching {
  readonly force?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Begins to detach what a machine has not taken or has let go of: half of the work is done then, so a service that is
 * away is asked again for a minute or so. Rejects with its last answer.
 */
export function detachSurely(
  { client, terminal }: Pick<CommandContext, 'client' | 'terminal'>,
  id: string,
  way: WayOfDetaching = {},
): Promise<Attachment> {
  let isTold = false;
  return pollUntil(
    {
      look: () => client.attachments.detach(id, way),
      isDone: () => true,
      sleep: (ms, signal) => pause(ms, undefined, signal === undefined ? {} : { signal }),
    },
    {
      ...(way.signal === undefined ? {} : { signal: way.signal }),
      onTrouble: ({ message }) => {
        if (!isTold) terminal.note(`it is not detached yet: ${message}; asking again`);
        isTold = true;
      },
    },
  );
}

import type { FactOf, HeldAttachment } from '@cyborgjs/core';
import type { AgentDriver } from './agent-driver.ts';
import type { Ledger } from './ledger.ts';

interface AttachmentReporterInit {
  readonly ledger: Pick<Ledger, 'attachments'>;
  readonly drivers: readonly AgentDriver[];
  readonly tell: (held: Pick<FactOf<'attachments'>, 'attachments' | 'unreadable'>) => void;
}

/** Tells what is held on a host. */
export interface AttachmentReporter {
  /** Tells it once more, as it then is; requests that come while it is being read are one. */
  request(): void;
  /** Resolves when everything asked for has been told. */
  idle(): Promise<void>;
}

/** Reads the journals whenever there is something new in them. */
export function createAttachmentReporter(init: AttachmentReporterInit): AttachmentReporter {
  let running: Promise<void> | undefined;
  let again = false;

  async function report(): Promise<void> {
    do {
      again = false;
      const { attachments, unreadable } = await init.ledger.attachments();
      init.tell({
        attachments: attachments.map((held) => withItsDriver(held, init.drivers)),
        unreadable: [...unreadable],
      });
    } while (again);
  }

  return {
    request() {
      again = true;
      running ??= report()
        .catch(() => undefined)
        .finally(() => {
          running = undefined;
        });
    },
    idle: async () => running,
  };
}

/** Without its driver nobody can say how it is. */
function withItsDriver(held: HeldAttachment, drivers: readonly AgentDriver[]): HeldAttachment {
  const state = drivers.find(({ id }) => id === held.driver)?.status().state;
  if (state === 'running') return held;
  const trouble =
    state === undefined
      ? `driver ${held.driver} does not run on this host any more: add it again to let go of this`
      : `driver ${held.driver} is ${state}`;
  return { ...held, seen: null, trouble };
}

import type { WatchHint } from '../driver.ts';
import type { DriverContext } from '../driver-context.ts';
import { pciDevices } from './sysfs-paths.ts';

interface WatchPciOptions {
  /** Pause between two looks, in milliseconds; default 1000. */
  readonly everyMs?: number;
}

/**
 * A `watch` for drivers of PCI cards: looks at the names on the bus and tells when some came or went, virtual
 * functions included. One listing a second; sysfs cannot be watched in any other way without native code.
 *
 * It ends when the call does. A bus that cannot be listed is told once, so that the next `discover` says why.
 */
export async function* watchPci(
  { sys, signal, pause }: Pick<DriverContext, 'sys' | 'signal' | 'pause'>,
  { everyMs = 1000 }: WatchPciOptions = {},
): AsyncGenerator<WatchHint, void> {
  const look = (): Promise<readonly string[] | undefined> => sys.list(pciDevices).catch(() => undefined);
  let known = await look();
  for (;;) {
    await pause(everyMs);
    signal.throwIfAborted();
    const now = await look();
    const reason = whatChanged(known, now);
    known = now;
    if (reason !== undefined) yield { type: 'rescan', reason };
  }
}

function whatChanged(
  before: readonly string[] | undefined,
  now: readonly string[] | undefined,
): string | undefined {
  if (now === undefined) return before === undefined ? undefined : `${pciDevices} cannot be listed`;
  if (before === undefined) return `${pciDevices} can be listed`;
  const came = now.filter((name) => !before.includes(name));
  const went = before.filter((name) => !now.includes(name));
  const parts = [...told(came, 'came'), ...told(went, 'went')];
  return parts.length === 0 ? undefined : parts.join(', ');
}

/** A card with hundreds of virtual functions comes in one line. */
function told(names: readonly string[], verb: 'came' | 'went'): string[] {
  if (names.length === 0) return [];
  const rest = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return [`${names.slice(0, 3).join(' ')}${rest} ${verb}`];
}

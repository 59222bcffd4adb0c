import type { DriverContext } from '../driver-context.ts';
import type { WatchHint } from '../watch-hint.ts';
import type { PciMatch } from './pci-match.ts';
import { pciDevices } from './sysfs-paths.ts';
import { createCardWatch } from './watch-cards.ts';

interface WatchPciOptions {
  /** Pause between two looks, in milliseconds; default 1000. */
  readonly everyMs?: number;
  /**
   * Which functions are the driver's own: it is told, too, when such a card stops answering on the bus, and when it
   * answers again. Without it only what comes and goes is told.
   */
  readonly match?: PciMatch | readonly PciMatch[];
}

/**
 * A `watch` for drivers of PCI cards: looks at the names on the bus and tells when some came or went, virtual
 * functions included, and how its own cards answer. One listing a second and two reads for each card; sysfs cannot be
 * watched in any other way without native code. A card that sleeps is left asleep.
 *
 * It ends when the call does. A bus that cannot be listed is told once, so that the next `discover` says why.
 */
export async function* watchPci(
  { sys, signal, pause }: Pick<DriverContext, 'sys' | 'signal' | 'pause'>,
  { everyMs = 1000, match = [] }: WatchPciOptions = {},
): AsyncGenerator<WatchHint, void> {
  const look = (): Promise<readonly string[] | undefined> => sys.list(pciDevices).catch(() => undefined);
  const cards = createCardWatch(sys, match);
  let known = await look();
  await cards.choose(known ?? []);
  for (;;) {
    await pause(everyMs);
    signal.throwIfAborted();
    const now = await look();
    const reason = whatChanged(known, now);
    known = now;
    if (reason !== undefined) {
      yield { type: 'rescan', reason };
      if (now !== undefined) await cards.choose(now);
    }
    yield* await cards.look();
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

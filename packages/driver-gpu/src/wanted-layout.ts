import { compilePciMatch, type DriverContext, type PciFunction } from '@cyborgjs/driver-sdk';
import type { GpuConfig } from './config.ts';
import { type GpuLayout, parseLayout } from './layout.ts';

/** Where it is kept which layouts were installed; a host without such a memory has those of the settings only. */
interface LayoutMemory {
  get(key: string): Promise<unknown>;
  set(key: string, layout: string): Promise<void>;
  delete(key: string): Promise<void>;
}

type LayoutContext = Pick<DriverContext<GpuConfig>, 'config'> & { readonly store?: LayoutMemory };

/**
 * What a card is to be cut into: as it was last installed, else as the settings say; undefined when neither says
 * anything of it. The machine does not show that of a card that makes vGPUs only when they are attached, nor of one that
 * lost its layout in a reboot.
 */
export async function wantedLayout(context: LayoutContext, fn: PciFunction): Promise<GpuLayout | undefined> {
  const installed = await context.store?.get(keyOf(fn));
  const name = typeof installed === 'string' ? installed : configuredLayout(context, fn);
  return name === undefined ? undefined : parseLayout(name);
}

/** The name of the layout that the settings give a card; undefined when they give none. */
export function configuredLayout({ config }: LayoutContext, fn: PciFunction): string | undefined {
  return config.layouts.find(({ cards }) => compilePciMatch({ address: cards })(fn))?.layout;
}

/** Remembers what a card was cut into; undefined forgets it. */
export async function rememberLayout(
  { store }: LayoutContext,
  fn: PciFunction,
  name: string | undefined,
): Promise<void> {
  if (name === undefined) await store?.delete(keyOf(fn));
  else await store?.set(keyOf(fn), name);
}

/** A card that is swapped for one of another kind does not inherit the layout of what was there. */
const keyOf = ({ address, vendor, device }: PciFunction): string => `layout/${address}/${vendor}:${device}`;

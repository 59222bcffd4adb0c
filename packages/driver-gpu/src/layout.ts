import { DriverError } from '@cyborgjs/driver-sdk';
import { isMigProfile } from './nvidia/mig-profile.ts';

/** What a card is cut into. */
export type GpuLayout =
  | { readonly kind: 'whole' }
  /** GPU instances of NVIDIA's MIG: one of each profile named, or as many of one as fit. */
  | { readonly kind: 'mig'; readonly profiles: readonly string[]; readonly fill: boolean }
  /** NVIDIA vGPUs of one type, by its name: `GRID T4-2Q` or `T4-2Q`. */
  | { readonly kind: 'vgpu'; readonly type: string }
  /** So many virtual functions, which PCI passthrough gives out. */
  | { readonly kind: 'vfs'; readonly count: number }
  /** Compute and memory partitions of an AMD accelerator. */
  | { readonly kind: 'partition'; readonly compute: string; readonly memory: string | undefined };

const forms =
  '"whole", "all-1g.10gb", "3g.40gb,4g.40gb", a vGPU type such as "T4-2Q", "vfs-4", or partitions such as "CPX/NPS4"';

/**
 * A layout by its name, as an `install` profile or the settings give it.
 *
 * @throws `invalid` for a name of no form; whether a card can be cut so is another matter
 */
export function parseLayout(name: string): GpuLayout {
  const text = name.trim();
  if (text === 'whole') return { kind: 'whole' };
  const [, count] = /^vfs-(\d{1,4})$/.exec(text) ?? [];
  if (count !== undefined && Number(count) > 0) return { kind: 'vfs', count: Number(count) };
  const [, compute, memory] = /^([SDTQC]PX)(?:\/(NPS[1248]))?$/.exec(text) ?? [];
  if (compute !== undefined) return { kind: 'partition', compute, memory };
  const [, all] = /^all-(.+)$/.exec(text) ?? [];
  if (all !== undefined && isMigProfile(all)) return { kind: 'mig', profiles: [all], fill: true };
  const profiles = text.split(',').map((part) => part.trim());
  if (profiles.every(isMigProfile)) return { kind: 'mig', profiles, fill: false };
  if (/^([\w.]{1,40} ){0,8}[\w.]{1,40}-(\d{1,2}-)?\d{1,4}[ABCQ][A-Z]{0,5}$/.test(text))
    return { kind: 'vgpu', type: text };
  throw new DriverError('invalid', `${JSON.stringify(name.slice(0, 100))} is no layout of a GPU`, {
    hint: `Layouts are named ${forms}.`,
  });
}

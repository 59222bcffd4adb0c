import type {
  AttachHandleType,
  AttachmentInfo,
  AttachStatus,
  Consumer,
  DiscoveredDevice,
  DriverVerb,
} from '@cyborgjs/core';
import type { z } from 'zod';
import type { DriverContext } from './driver-context.ts';
import type { AnyPorts, NoPorts } from './port.ts';
import type { WatchHint } from './watch-hint.ts';

export type { AttachmentInfo, AttachStatus, Consumer };

/** A device as a verb is given it: enough to find it again, even after the driver's process was new. */
export interface DeviceReference {
  readonly identity: string;
  /** Where it was last seen. */
  readonly address: string;
}

export interface AttachRequest {
  readonly device: DeviceReference;
  readonly handle: { readonly id: string; readonly type: AttachHandleType };
  readonly consumer: Consumer;
  readonly options: Readonly<Record<string, string>>;
}

export interface InstallRequest {
  readonly device: DeviceReference;
  /** Name of the layout wanted (VF count, MIG layout); undefined for the driver's default. */
  readonly profile?: string;
  readonly options: Readonly<Record<string, string>>;
}

export interface ProgramRequest {
  readonly device: DeviceReference;
  /** Absolute path of the image, readable through `sys`. */
  readonly image: string;
  readonly options: Readonly<Record<string, string>>;
}

/**
 * A driver: a plain object. The presence of a function is the capability. Verbs converge: asked for what already
 * is, they change nothing; each step tests its own post-condition. Locks, ownership, retries, deadlines and
 * restarts are the host's.
 */
export interface Driver<Config = unknown, Ports extends AnyPorts = NoPorts> {
  readonly config: z.ZodType<Config>;
  /** Libraries of the vendor that its verbs call by `context.ports`. */
  readonly ports?: Ports;
  /** A pure read. The complete truth about its hardware, or an error; trouble with one card is that card's health. */
  discover(context: DriverContext<Config, NoInfer<Ports>>): Promise<readonly DiscoveredDevice[]>;
  /** A pure read of the machine, never of memory. */
  status(context: DriverContext<Config, NoInfer<Ports>>, request: AttachRequest): Promise<AttachStatus>;
  attach(context: DriverContext<Config, NoInfer<Ports>>, request: AttachRequest): Promise<AttachmentInfo>;
  /** Converges to clean; what is not attached, or gone, is done. */
  detach(context: DriverContext<Config, NoInfer<Ports>>, request: AttachRequest): Promise<void>;
  /** Converges the device to a layout; returns it as `discover` now would. */
  install?(
    context: DriverContext<Config, NoInfer<Ports>>,
    request: InstallRequest,
  ): Promise<DiscoveredDevice>;
  uninstall?(context: DriverContext<Config, NoInfer<Ports>>, request: InstallRequest): Promise<void>;
  program?(
    context: DriverContext<Config, NoInfer<Ports>>,
    request: ProgramRequest,
  ): Promise<{ readonly version: string }>;
  /**
   * Current readings by device identity and metric name, each declared in the manifest with its unit. A sensor that
   * does not answer is left out; the others are not lost with it.
   */
  stats?(
    context: DriverContext<Config, NoInfer<Ports>>,
    devices: readonly DeviceReference[],
  ): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>>;
  watch?(context: DriverContext<Config, NoInfer<Ports>>): AsyncIterable<WatchHint>;
}

/**
 * Declares a driver; the types of its config and its ports flow into every verb.
 *
 * @example
 * export default defineDriver({
 *   config: z.object({}),
 *   discover: async ({ sys }) => [],
 *   status: async () => 'detached',
 *   attach: async (_context, { handle }) => ({ type: handle.type, info: {} }),
 *   detach: async () => {},
 * });
 */
export function defineDriver<Config, Ports extends AnyPorts = NoPorts>(
  driver: Driver<Config, Ports>,
): Driver<Config, Ports> {
  return driver;
}

/** The verbs that a driver defines, in the order of the contract. */
export function verbsOf(driver: { readonly [Verb in DriverVerb]?: unknown }): DriverVerb[] {
  const verbs = [
    'discover',
    'status',
    'attach',
    'detach',
    'install',
    'uninstall',
    'program',
    'stats',
    'watch',
  ] as const;
  return verbs.filter((verb) => typeof driver[verb] === 'function');
}

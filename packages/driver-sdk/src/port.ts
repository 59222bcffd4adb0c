import type { z } from 'zod';
import type { PortOptions } from './machine.ts';

/** A function of a library that only looks. */
export interface PortRead {
  readonly argument: z.ZodType;
  readonly result: z.ZodType;
}

/** Functions that only look, and the arguments of those that change something, by name. */
type Reads = Readonly<Record<string, PortRead>>;
type Writes = Readonly<Record<string, z.ZodType>>;

/** A library as a port declares it: each function takes one argument, JSON, and may answer by a promise. */
export type PortLibrary<LibraryReads extends Reads, LibraryWrites extends Writes> = {
  readonly [Method in keyof LibraryReads]: (
    argument: z.output<LibraryReads[Method]['argument']>,
    options: PortOptions,
  ) => z.input<LibraryReads[Method]['result']> | Promise<z.input<LibraryReads[Method]['result']>>;
} & {
  readonly [Method in keyof LibraryWrites]: (
    argument: z.output<LibraryWrites[Method]>,
    options: PortOptions,
  ) => void | Promise<void>;
};

/** A port of any library. */
export interface AnyPort {
  readonly reads: Reads;
  /** They answer nothing: what came of them is read. */
  readonly writes: Writes;
  /** Loads the library; once, in the driver's process, when it is first called. */
  open(): unknown;
}

/**
 * The door to a vendor's library: a part of the seam, like files and tools. What goes through it is recorded, replayed,
 * simulated, planned in a dry run, held against the manifest and, where it writes, audited.
 */
export interface Port<LibraryReads extends Reads, LibraryWrites extends Writes> extends AnyPort {
  readonly reads: LibraryReads;
  readonly writes: LibraryWrites;
  open(): PortLibrary<LibraryReads, LibraryWrites> | Promise<PortLibrary<LibraryReads, LibraryWrites>>;
}

/** The ports of a driver by the names that its manifest has under `permissions.ports`. */
export type AnyPorts = Readonly<Record<string, AnyPort>>;

/** The ports of a driver that has none. */
export type NoPorts = Readonly<Record<never, never>>;

/** What a driver calls: the functions of each of its ports. */
export type PortClients<Ports extends AnyPorts> = {
  readonly [Name in keyof Ports]: {
    readonly [Method in keyof Ports[Name]['reads']]: (
      argument: z.input<Ports[Name]['reads'][Method]['argument']>,
    ) => Promise<z.output<Ports[Name]['reads'][Method]['result']>>;
  } & {
    readonly [Method in keyof Ports[Name]['writes']]: (
      argument: z.input<Ports[Name]['writes'][Method]>,
    ) => Promise<void>;
  };
};

/**
 * Declares a port; the types of its functions flow into `context.ports`.
 *
 * @example
 * const sensors = definePort({
 *   reads: { temperature: { argument: z.strictObject({ card: z.string() }), result: z.number() } },
 *   writes: { setFan: z.strictObject({ card: z.string(), percent: z.number() }) },
 *   open: async () => ({ temperature: ({ card }) => 41, setFan: ({ card, percent }) => {} }),
 * });
 */
export function definePort<LibraryReads extends Reads, LibraryWrites extends Writes>(
  port: Port<LibraryReads, LibraryWrites>,
): Port<LibraryReads, LibraryWrites> {
  return port;
}

/** What a driver's ports are to be permitted for, as its manifest says it. */
export function portAccess(ports: AnyPorts = {}): Record<string, 'read' | 'write'> {
  return Object.fromEntries(
    Object.entries(ports).map(([name, { writes }]) => [
      name,
      Object.keys(writes).length > 0 ? 'write' : 'read',
    ]),
  );
}

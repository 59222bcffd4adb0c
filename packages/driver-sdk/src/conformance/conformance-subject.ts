import type { Clock } from '../clock.ts';
import type { Driver } from '../driver.ts';
import type { DriverPackage } from '../host/resolve-driver-package.ts';
import type { Machine } from '../machine.ts';

/** What the kit is run on. */
export interface ConformanceSubject<Config = never> {
  /** The default export of the package. */
  readonly driver: Driver<Config>;
  /** The package's package.json, parsed. */
  readonly packageJson: unknown;
  readonly fixtures: readonly ConformanceFixture[];
  /**
   * Where the driver's package is and which module of it is the driver, as `resolveDriverPackage` finds them.
   * Without it, what needs a process of its own is not shown.
   */
  readonly package?: Pick<DriverPackage, 'directory' | 'entryFile'>;
  /** Leaves out what needs a process of its own, where time is short; it is then not shown. */
  readonly skipsProcesses?: boolean;
  /**
   * Kills the process that the driver runs in, where it has one of its own: for the trials in which it dies. The
   * next call finds a new one.
   */
  readonly crash?: () => void;
  /** Ids of the checks to run; all when left out. */
  readonly checks?: readonly number[];
}

/** A kind of machine with hardware for the driver, made anew for every trial. */
export interface ConformanceFixture {
  /** For people: `two H200 and an NVSwitch`. */
  readonly name: string;
  /** The driver's settings for this machine, as an operator would write them. */
  readonly config: unknown;
  /** Addresses of the devices that a discovery must report, no more and no fewer. */
  readonly devices: readonly string[];
  readonly stage: () => Promise<StagedMachine>;
  /** The same cards at other addresses. */
  readonly moved?: () => Promise<StagedMachine>;
  /** A machine without any hardware for the driver, other vendors' cards allowed. */
  readonly bare?: () => Promise<StagedMachine>;
  /** The same machine with this many cards of the kind. */
  readonly scaled?: (cards: number) => Promise<StagedMachine>;
  /** The layout that `install` is asked for; the driver's default when left out. The machines come with it. */
  readonly profile?: string;
  /** Images for `program`, as they lie on the fixture's machines. */
  readonly images?: FixtureImages;
  /** Called once, after the last trial. */
  readonly close?: () => Promise<void>;
}

/** What the first device of a fixture can be programmed with, and what it must not be. */
export interface FixtureImages {
  readonly valid: FixtureImage & {
    /** The version that it brings. */
    readonly version: string;
  };
  /** Another image for the same device. */
  readonly other?: FixtureImage & { readonly version: string };
  /** Images that must be refused, each with what is wrong with it: `for another model`, `cut off`, `a bad hash`. */
  readonly wrong: readonly (FixtureImage & { readonly what: string })[];
}

export interface FixtureImage {
  /** Path on the machine. */
  readonly image: string;
  readonly options?: Readonly<Record<string, string>>;
}

/** A fresh machine and what the kit may do to it behind the driver's back. */
export interface StagedMachine {
  readonly machine: Machine;
  /** Its time; the real one when it is left out. */
  readonly clock?: Clock;
  /** Everything that a driver could have changed, by path. Equal states are equal maps. */
  state(): Promise<ReadonlyMap<string, string>>;
  /** Pulls the card with this function out. */
  unplug?(address: string): Promise<void>;
  /** Plugs the card that was pulled out at an address in again. */
  replug?(address: string): Promise<void>;
  /** The card at an address fails: it no longer does what it is for, though it is still listed. */
  sicken?(address: string): Promise<void>;
  /** The failed card at an address is well again. */
  recover?(address: string): Promise<void>;
  /** Somebody on the host uses a handle, so that it cannot be given away; what is returned ends that. */
  hold?(handleId: string): Promise<() => Promise<void>>;
  /** Single facts of an attached handle that someone else could change. */
  disturbances?(handleId: string): readonly Disturbance[];
  dispose(): Promise<void>;
}

/** One change that someone else makes to the machine. */
export interface Disturbance {
  /** For people: `its driver override was cleared`. */
  readonly name: string;
  apply(): Promise<void>;
}

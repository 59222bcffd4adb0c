import type { Identity } from '@cyborgjs/openstack-session';
import type { Placement } from '../placement.ts';

/** The world of a command. */
export interface CommandWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly hasColour: boolean;
  /** Whether somebody watches standard error. */
  readonly hasProgress: boolean;
  /** Of this package. */
  readonly version: string;
}

/** How Placement is reached, from the command line. */
export interface ConnectionFlags {
  readonly osCloud?: string;
  readonly endpoint?: string;
  readonly token?: string;
  readonly placementVersion?: string;
  readonly json?: boolean;
}

/** What a command works with. */
export interface CommandContext extends Omit<CommandWorld, 'env' | 'version'> {
  readonly placement: Placement;
  /** Who we are there; undefined without Keystone. */
  readonly identity: () => Promise<Identity | undefined>;
  readonly json: boolean;
  /** Shows how many requests there were so far, where somebody watches. */
  readonly countRequest: () => void;
  /** Takes that away. */
  readonly endProgress: () => void;
}

/** How a command ended. */
export type ExitCode = 0 | 1 | 2 | 3;

/** All is well. */
export const exitOk = 0;
/** Something failed. */
export const exitFailed = 1;
/** The command line or a file is wrong. */
export const exitUsage = 2;
/** There is something to do that was only shown: `plan --exit-code`, `adopt` and `cleanup` without `--yes`. */
export const exitChanges = 3;

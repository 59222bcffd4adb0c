import { type PciAddress, parsePciAddress } from '@cyborgjs/core';

/** A process that nvidia-smi sees at work on a GPU. */
export interface SmiProcess {
  readonly pid: number;
  readonly name: string;
}

/**
 * One GPU as nvidia-smi tells of it, whichever output and release that was. Null is no value: the board has no such
 * thing, the driver does not know it yet, or it is too sick to say.
 */
export interface SmiGpu {
  readonly address: PciAddress;
  /** Its number in the tool's own order. */
  readonly index: number;
  readonly uuid: string | null;
  readonly name: string | null;
  readonly serial: string | null;
  readonly vbios: string | null;
  readonly driver: string | null;
  /** `9.0`; the XML does not have it. */
  readonly computeCapability: string | null;
  /** Whether MIG is on, and whether it will be after the next reset. */
  readonly mig: { readonly current: boolean | null; readonly pending: boolean | null };
  /** Bytes. */
  readonly memory: { readonly total: number | null; readonly used: number | null };
  /** 0 to 1. */
  readonly utilization: { readonly gpu: number | null; readonly memory: number | null };
  /** Degrees Celsius. */
  readonly temperature: { readonly gpu: number | null; readonly memory: number | null };
  /** Watts. */
  readonly power: { readonly draw: number | null; readonly limit: number | null };
  /** Graphics clock, in MHz. */
  readonly clock: number | null;
  /** Memory errors since the driver was loaded. */
  readonly ecc: { readonly corrected: number | null; readonly uncorrected: number | null };
  readonly rows: {
    readonly corrected: number | null;
    readonly uncorrected: number | null;
    readonly pending: boolean | null;
    readonly failure: boolean | null;
  };
  readonly retirementPending: boolean | null;
  /** Repairs of its memory that wait, as the tool names them: `channel repair`. */
  readonly repairs: readonly string[];
  /** What the driver asks for: `None`, `Reset`, `Drain and Reset` …; null where the driver does not say. */
  readonly recoveryAction: string | null;
  readonly fabric: string | null;
  /** Why its clocks are held down now, other than by choice: `hw thermal slowdown`. */
  readonly slowdowns: readonly string[];
  readonly isIdle: boolean | null;
  readonly link: {
    readonly generation: number | null;
    readonly maxGeneration: number | null;
    readonly width: number | null;
    readonly maxWidth: number | null;
  };
  readonly processes: readonly SmiProcess[];
  /** Markers of sickness anywhere in what was told of it. */
  readonly signs: readonly string[];
}

/** What nvidia-smi printed of all GPUs. */
export interface SmiReport {
  readonly gpus: readonly SmiGpu[];
  /** Addresses of GPUs that it could not open. */
  readonly lost: readonly PciAddress[];
}

/** `Unable to determine the device handle for GPU0000:83:00.0: Unknown Error`, with or without a space. */
export function lostGpus(text: string): PciAddress[] {
  const matches = text.matchAll(
    /device handle for GPU\s{0,4}([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])/gi,
  );
  const addresses = [...matches].flatMap(([, address = '']) => parsePciAddress(address) ?? []);
  return [...new Set(addresses)];
}

/** Reasons for lowered clocks that are trouble, by the end of their element's or field's name. */
export const slowdownReasons = [
  'hw_slowdown',
  'hw_thermal_slowdown',
  'hw_power_brake_slowdown',
  'sw_thermal_slowdown',
] as const;

/** A reason for people: `hw thermal slowdown`. */
export const slowdownName = (reason: string): string => reason.replaceAll('_', ' ');

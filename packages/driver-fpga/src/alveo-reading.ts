import type { Health } from '@cyborgjs/core';
import { type Machine, readAttribute } from '@cyborgjs/driver-sdk';
import { findPaths } from './find-paths.ts';
import { asFpgaId } from './images/fpga-id.ts';
import { printable } from './printable.ts';

/** What the XRT drivers show of an Alveo card, as far as it can be read now. */
export interface AlveoReading {
  /** Serial number of the card, from its board controller. */
  readonly serial: string | undefined;
  /** Name of the shell: `xilinx_u250_gen3x16_xdma_shell_4_1`. */
  readonly shell: string | undefined;
  /** Firmware of the board controller. */
  readonly controller: string | undefined;
  /** Id of the image in its user part, 32 hexadecimal digits; undefined when none is loaded. */
  readonly image: string | undefined;
  /** Signs that something is wrong, in words. */
  readonly failures: readonly string[];
  readonly troubles: readonly string[];
}

/** The functions of one card; a card that still has its factory image has no user function. */
export interface AlveoFunctions {
  readonly management: string | undefined;
  readonly user: string | undefined;
}

/** Reads both functions of a card (XRT: mgmt-sysfs.c, xmc.c, feature_rom.c, xocl_sysfs.c). */
export async function readAlveo(sys: Machine, { management, user }: AlveoFunctions): Promise<AlveoReading> {
  const host = management === undefined ? undefined : `/sys/bus/pci/devices/${management}`;
  const guest = user === undefined ? undefined : `/sys/bus/pci/devices/${user}`;
  const fact = async (directory: string | undefined, name: string): Promise<string | undefined> =>
    directory === undefined ? undefined : readAttribute(sys, `${directory}/${name}`);
  const board = host === undefined ? undefined : await findBoard(sys, host);
  const [rom] = host === undefined ? [] : await findPaths(sys, host, ['rom.m.']);
  const offline = (await fact(host, 'dev_offline')) === '1' || (await fact(guest, 'dev_offline')) === '1';
  const notReady = (await fact(host, 'ready')) === '0' || (await fact(guest, 'ready')) === '0';
  const uncalibrated = (await fact(guest, 'mig_calibration')) === '0';
  return {
    serial: management === undefined ? undefined : await readAlveoSerial(sys, management),
    shell: printable(await fact(rom, 'VBNV')),
    controller: printable(await fact(board, 'bmc_ver')),
    image: asFpgaId(await fact(guest, 'xclbinuuid')),
    failures: offline ? ['its driver has taken it off line'] : [],
    troubles: [
      ...(notReady ? ['its driver says that it is not ready'] : []),
      ...(uncalibrated ? ['its memory is not calibrated'] : []),
    ],
  };
}

/** Serial number of a card, from the board controller behind its management function. */
export async function readAlveoSerial(sys: Machine, management: string): Promise<string | undefined> {
  const board = await findBoard(sys, `/sys/bus/pci/devices/${management}`);
  return board === undefined ? undefined : asSerial(await readAttribute(sys, `${board}/serial_num`));
}

async function findBoard(sys: Machine, device: string): Promise<string | undefined> {
  const [board] = await findPaths(sys, device, ['xmc.m.']);
  return board;
}

/** Health of a card that answers; one with its factory image has nothing to give out until it is flashed. */
export function alveoHealth({ failures, troubles }: AlveoReading, isGolden: boolean): Health {
  if (failures.length > 0) return { state: 'failed', reason: failures.join(', ') };
  const found = [...(isGolden ? ['it has its factory image: flash a shell'] : []), ...troubles];
  return found.length === 0 ? { state: 'ok' } : { state: 'degraded', reason: found.join(', ') };
}

const asSerial = (text: string | undefined): string | undefined =>
  text !== undefined && /^[0-9A-Za-z][0-9A-Za-z-]{5,31}$/.test(text) ? text : undefined;

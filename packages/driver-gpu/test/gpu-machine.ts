import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AttachHandleType, DiscoveredDevice, DiscoveredHandle } from '@cyborgjs/core';
import type { AttachRequest, DriverContext, InstallRequest } from '@cyborgjs/driver-sdk';
import { createContext } from '@cyborgjs/driver-sdk/conformance';
import { buildMachine, type CardPlan, type Simulation } from '@cyborgjs/driver-sdk/simulator';
import { GpuConfig } from '../src/config.ts';
import { gpuDriver } from '../src/index.ts';

/** A simulated machine with the driver on it, and one of its GPUs to look at. */
export interface GpuMachine {
  readonly simulation: Simulation;
  readonly context: DriverContext<GpuConfig>;
  /** The GPU as it is discovered now. */
  device(address?: string): Promise<DiscoveredDevice>;
  handles(address?: string): Promise<readonly DiscoveredHandle[]>;
  install(profile?: string): Promise<DiscoveredDevice>;
  uninstall(): Promise<void>;
  request(handle: { readonly id: string; readonly type: AttachHandleType }): AttachRequest;
}

/** Builds a machine whose first GPU is at an address. */
export function gpuMachine(address: string, cards: readonly CardPlan[], config: unknown = {}): GpuMachine {
  const simulation = buildMachine({ root: mkdtempSync(join(tmpdir(), 'gpu-driver-')), cards });
  const context = createContext({ config: GpuConfig.parse(config), sys: simulation.machine });
  const device = async (at = address): Promise<DiscoveredDevice> => {
    const found = (await gpuDriver.discover(context)).find((one) => one.address === at);
    if (found === undefined) throw new Error(`no GPU at ${at}`);
    return found;
  };
  const installRequest = (profile?: string): InstallRequest => ({
    device: { identity: `at:${address}`, address },
    options: {},
    ...(profile === undefined ? {} : { profile }),
  });
  return {
    simulation,
    context,
    device,
    handles: async (at) => (await device(at)).deployables.flatMap(({ handles }) => handles),
    install: async (profile) => {
      if (gpuDriver.install === undefined) throw new Error('the driver has no install');
      return gpuDriver.install(context, installRequest(profile));
    },
    uninstall: async () => gpuDriver.uninstall?.(context, installRequest()),
    request: ({ id, type }) => ({
      device: { identity: `at:${address}`, address },
      handle: { id, type },
      consumer: { type: 'host', id: 'a-host', via: 'direct' },
      options: {},
    }),
  };
}

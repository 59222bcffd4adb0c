import { buildMachine } from './build-machine.ts';
import { intelFpgaDfl } from './cards/intel-fpga-dfl.ts';
import { nvidiaGpu } from './cards/nvidia-gpu.ts';
import { bmcVga, pciBridge } from './cards/platform-functions.ts';
import { sriovNic } from './cards/sriov-nic.ts';
import type { Simulation } from './open-simulation.ts';

/**
 * Builds the server of the examples: two H200, a network card with eight virtual functions, an Intel FPGA, and
 * the graphics of its BMC, which nobody may be given.
 *
 * @param seed give each simulated host its own, so that identities differ
 */
export function simulatedServer(root: string, seed = 'simulated'): Simulation {
  return buildMachine({
    root,
    seed,
    cards: [
      pciBridge({ address: '0000:00:1c.0' }),
      pciBridge({ address: '0000:15:01.0' }),
      pciBridge({ address: '0000:80:01.0', numaNode: 1 }),
      pciBridge({ address: '0000:80:02.0', numaNode: 1 }),
      pciBridge({ address: '0000:b0:01.0', numaNode: 1 }),
      bmcVga({ address: '0000:03:00.0', behind: '0000:00:1c.0' }),
      sriovNic({ address: '0000:17:00.0', behind: '0000:15:01.0', totalVfs: 64, numVfs: 8 }),
      nvidiaGpu({ address: '0000:83:00.0', behind: '0000:80:01.0', numaNode: 1 }),
      nvidiaGpu({ address: '0000:84:00.0', behind: '0000:80:02.0', numaNode: 1 }),
      intelFpgaDfl({ address: '0000:b1:00.0', behind: '0000:b0:01.0', numaNode: 1 }),
    ],
  });
}

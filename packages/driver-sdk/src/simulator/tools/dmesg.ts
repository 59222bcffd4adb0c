import type { SimulatedTool } from './simulated-tool.ts';
import { printed } from './simulated-tool.ts';

/** dmesg(1): the kernel log since boot, each line with its seconds in brackets. */
export const dmesg: SimulatedTool = ({ state }) =>
  printed(
    state.kernelLog.map((text, index) => `[${(8100 + index).toFixed(6).padStart(12)}] ${text}\n`).join(''),
  );

export { buildMachine, type MachinePlan } from './build-machine.ts';
export type {
  CardMaker,
  CardPlan,
  NumberPool,
  SimulatedCard,
  SimulatedFunction,
  SimulatedHealth,
  SimulatedSlice,
  SimulatedSriov,
} from './card.ts';
export { type AlveoOptions, alveo, usualShellInterface } from './cards/alveo.ts';
export { type AmdGpuOptions, amdGpu } from './cards/amd-gpu.ts';
export { type CardPlace, pciFunction, simulatedCard } from './cards/card-parts.ts';
export {
  type IntelFpgaDflOptions,
  intelFpgaDfl,
  usualAfuId,
  usualInterfaceId,
} from './cards/intel-fpga-dfl.ts';
export { type IntelFpgaOldOptions, intelFpgaOld } from './cards/intel-fpga-old.ts';
export { type IntelGpuOptions, intelGpu } from './cards/intel-gpu.ts';
export { a100MdevTypes, h200VgpuTypes, type MdevType, t4MdevTypes } from './cards/mdev-types.ts';
export { type NvidiaGpuOptions, type NvidiaVgpu, nvidiaGpu } from './cards/nvidia-gpu.ts';
export { bmcVga, nvSwitch, type PlainCardOptions, pciBridge, plainCard } from './cards/platform-functions.ts';
export { type SriovNicOptions, sriovNic } from './cards/sriov-nic.ts';
export { createSimulatedMachine } from './create-simulated-machine.ts';
export { type GbsImageOptions, gbsImage } from './images/gbs-image.ts';
export { type SignedImageOptions, signedImage, usualShellId } from './images/signed-image.ts';
export { usualXclbinId, type XclbinImageOptions, xclbinImage } from './images/xclbin-image.ts';
export { openSimulation, type Simulation } from './open-simulation.ts';
export { simulatedServer } from './simulated-server.ts';
export type { RecordedAnswer } from './tools/run-simulated-tool.ts';

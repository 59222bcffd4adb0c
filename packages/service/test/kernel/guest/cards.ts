/** The cards of the guest's machine, where its firmware has put them; see `rig/machine-arguments.ts`. */
export const cards = {
  /** NVMe with four virtual functions, on node 0. */
  nvme: '0000:21:00.0',
  /** Display controller behind a PCIe switch, on node 0; stands for a GPU. */
  gpu: '0000:24:00.0',
  /** 3D controller behind the same switch. */
  render: '0000:25:00.0',
  /** Processing accelerator, on node 1. */
  npu: '0000:41:00.0',
  /** A display and the sound beside it, in one group. */
  display: '0000:00:05.0',
  sound: '0000:00:05.1',
  edu: '0000:00:06.0',
  testdev: '0000:00:07.0',
} as const;

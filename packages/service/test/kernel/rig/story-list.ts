import type { Story } from './boot-guest.ts';

/** Some five times what a story takes on two processors with nothing else to do. */
const timeoutMs = 300_000;

/** The stories, and the kernel modules that each finds loaded: no udev runs in a guest. */
export const storyList: readonly Story[] = [
  {
    name: 'discovery',
    modules: ['nvme', 'vfio-pci', 'snd-hda-intel', 'bochs', 'virtio_blk'],
    needsSamples: false,
    timeoutMs,
  },
  { name: 'sriov', modules: ['nvme', 'vfio-pci'], needsSamples: false, timeoutMs },
  {
    name: 'vfio',
    modules: ['nvme', 'vfio-pci', 'snd-hda-intel', 'bochs', 'virtio_blk'],
    needsSamples: false,
    timeoutMs,
  },
  { name: 'mdev', modules: ['vfio-pci', 'mtty'], needsSamples: true, timeoutMs },
  {
    name: 'fpga',
    modules: ['dfl-pci', 'dfl-fme', 'dfl-afu', 'dfl-fme-mgr', 'dfl-fme-region', 'dfl-fme-br'],
    needsSamples: true,
    timeoutMs,
  },
  { name: 'hotplug', modules: ['vfio-pci', 'virtio_blk'], needsSamples: false, timeoutMs },
  {
    name: 'attach',
    modules: ['nvme', 'vfio-pci', 'snd-hda-intel', 'bochs', 'virtio_blk', 'mtty'],
    needsSamples: false,
    timeoutMs: 2 * timeoutMs,
  },
  {
    name: 'agent',
    modules: ['nvme', 'vfio-pci', 'virtio_blk'],
    needsSamples: false,
    timeoutMs: 2 * timeoutMs,
  },
  { name: 'plug', modules: ['nvme', 'vfio-pci'], needsSamples: false, timeoutMs: 3 * timeoutMs },
];

import type { Story } from './boot-guest.ts';

/** The stories, and the kernel modules that each finds loaded: no udev runs in a guest. */
export const storyList: readonly Story[] = [
  { name: 'discovery', modules: ['nvme', 'vfio-pci', 'snd-hda-intel', 'bochs'], timeoutMs: 120_000 },
];

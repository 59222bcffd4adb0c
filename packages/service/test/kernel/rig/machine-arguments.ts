/** Files and sockets of one guest. */
export interface MachineFiles {
  readonly kernel: string;
  readonly initialRamDisk: string;
  /** What the kernel and early programs say. */
  readonly console: string;
  /** What the story in the guest reports: lines of JSON. */
  readonly results: string;
  /** By this the guest reaches the monitor of its own machine. */
  readonly monitor: string;
}

/** On a busy machine timers of an emulated one come late: Linux would panic, or fill its log with complaints. */
const busyHost = 'no_timer_check nowatchdog rcupdate.rcu_cpu_stall_suppress=1';

/** Signals that end a program for a fault of its own are told in the kernel's log. */
const tellsFaults = 'print-fatal-signals=1';

/**
 * The arguments of QEMU 7.2 for a server with two NUMA nodes, an IOMMU and cards of every kind that the stories need:
 *
 * - node 0: NVMe with SR-IOV; behind a PCIe switch a display controller, which stands for a GPU, and a 3D controller;
 * - node 1, behind a host bridge of its own: a processing accelerator;
 * - a card of two functions, which share an IOMMU group;
 * - an empty slot of the ACPI kind, `slot-acpi`, and one that PCIe itself drives, `slot-native`.
 *
 * All is emulated, the processor too, so that it runs in any virtual machine or container.
 */
export function machineArguments(files: MachineFiles): string[] {
  return [
    ...['-machine', 'q35,kernel-irqchip=split', '-accel', 'tcg,thread=multi', '-cpu', 'max'],
    ...['-smp', '2', '-m', '2048', '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-object', 'memory-backend-ram,id=ram0,size=1G', '-numa', 'node,nodeid=0,memdev=ram0,cpus=0'],
    ...['-object', 'memory-backend-ram,id=ram1,size=1G', '-numa', 'node,nodeid=1,memdev=ram1,cpus=1'],
    ...['-kernel', files.kernel, '-initrd', files.initialRamDisk],
    ...['-append', `console=ttyS0 quiet panic=-1 intel_iommu=on iommu=pt ${busyHost} ${tellsFaults}`],
    ...['-device', 'intel-iommu,intremap=on,caching-mode=on,device-iotlb=on'],
    ...channelArguments(files),
    ...cardArguments(),
  ];
}

function channelArguments({ console, results, monitor }: MachineFiles): string[] {
  return [
    ...['-chardev', `file,id=console,path=${console}`, '-serial', 'chardev:console'],
    ...['-fsdev', 'local,id=root,path=/,security_model=none,readonly=on,multidevs=remap'],
    ...['-device', 'virtio-9p-pci,fsdev=root,mount_tag=root'],
    ...['-device', 'virtio-serial-pci,id=ports'],
    ...['-chardev', `file,id=results,path=${results}`],
    ...['-device', 'virtserialport,bus=ports.0,chardev=results,name=results'],
    ...[
      '-chardev',
      `socket,id=monitor,path=${monitor},server=on,wait=off`,
      '-mon',
      'chardev=monitor,mode=control',
    ],
    ...['-chardev', `socket,id=own,path=${monitor}`],
    ...['-device', 'virtserialport,bus=ports.0,chardev=own,name=monitor'],
  ];
}

function cardArguments(): string[] {
  const device = (...words: string[]): string[] => ['-device', words.join(',')];
  return [
    ...device('pxb-pcie', 'id=node0', 'bus_nr=32', 'numa_node=0', 'bus=pcie.0', 'addr=0x10'),
    ...device('pxb-pcie', 'id=node1', 'bus_nr=64', 'numa_node=1', 'bus=pcie.0', 'addr=0x11'),
    ...['-device', 'pcie-root-port,id=rp-nvme,bus=node0,chassis=1,slot=1'],
    ...device('nvme-subsys', 'id=subsystem', 'nqn=subsystem'),
    ...device(
      'nvme,serial=cyborg-nvme-1,id=nvme,bus=rp-nvme,subsys=subsystem,max_ioqpairs=16,msix_qsize=17',
      'sriov_max_vfs=4,sriov_vq_flexible=8,sriov_vi_flexible=4',
    ),
    ...['-device', 'pcie-root-port,id=rp-switch,bus=node0,chassis=2,slot=2'],
    ...['-device', 'x3130-upstream,id=up,bus=rp-switch'],
    ...['-device', 'xio3130-downstream,id=down0,bus=up,chassis=3,slot=0'],
    ...['-device', 'xio3130-downstream,id=down1,bus=up,chassis=4,slot=1'],
    ...['-device', 'bochs-display,id=gpu,bus=down0'],
    ...[
      '-device',
      'virtio-blk-pci,class=0x0302,disable-legacy=on,iommu_platform=on,bus=down1,drive=disk0,id=render',
    ],
    ...[
      '-blockdev',
      'null-co,node-name=disk0,size=1048576',
      '-blockdev',
      'null-co,node-name=disk1,size=1048576',
    ],
    ...['-device', 'pcie-root-port,id=rp-npu,bus=node1,chassis=5,slot=5'],
    ...[
      '-device',
      'virtio-blk-pci,class=0x1200,disable-legacy=on,iommu_platform=on,bus=rp-npu,drive=disk1,id=npu',
    ],
    ...['-device', 'intel-hda,id=sound,bus=pcie.0,addr=0x05.1'],
    ...['-device', 'secondary-vga,id=vga,bus=pcie.0,addr=0x05.0,multifunction=on'],
    ...['-device', 'edu,id=edu,bus=pcie.0,addr=0x06'],
    ...['-device', 'pci-testdev,id=testdev,bus=pcie.0,addr=0x07'],
    ...['-device', 'pcie-root-port,id=slot-acpi,bus=pcie.0,addr=0x08,chassis=6,slot=6'],
    ...['-device', 'pcie-root-port,id=slot-native,bus=node1,chassis=7,slot=7'],
  ];
}

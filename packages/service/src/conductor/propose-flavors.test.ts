import type { DeviceProfileGroup } from '@cyborgjs/core';
import { describe, expect, it } from 'vitest';
import { aStoredDevice } from '../../test/a-stored-device.ts';
import type { StoredDevice } from '../store/device.ts';
import { proposeFlavors, type WantedFlavors } from './propose-flavors.ts';

const nvidia = ['OWNER_CYBORG', 'CUSTOM_GPU_NVIDIA'];
const hopper = [...nvidia, 'CUSTOM_GPU_CUDA_COMPUTE_CAPABILITY_V9_0'];
const h200 = () =>
  aStoredDevice([
    {
      resourceClass: 'PGPU',
      traits: [...hopper, 'CUSTOM_GPU_MODEL_NVIDIA_H200_SXM', 'CUSTOM_NVIDIA_2335'],
    },
  ]);
const h100 = () =>
  aStoredDevice([
    {
      resourceClass: 'PGPU',
      traits: [...hopper, 'CUSTOM_GPU_MODEL_NVIDIA_H100_PCIE', 'CUSTOM_NVIDIA_2331'],
    },
  ]);
const a100 = () =>
  aStoredDevice([
    {
      resourceClass: 'PGPU',
      traits: [...nvidia, 'CUSTOM_GPU_CUDA_COMPUTE_CAPABILITY_V8_0', 'CUSTOM_GPU_MODEL_NVIDIA_A100_SXM'],
    },
  ]);
const mi300 = () =>
  aStoredDevice([{ resourceClass: 'PGPU', traits: ['CUSTOM_GPU_AMD', 'CUSTOM_GPU_MODEL_AMD_MI300X'] }]);

const propose = (devices: readonly StoredDevice[], wanted: Partial<WantedFlavors> = {}) =>
  proposeFlavors(devices, { units: 1, hotplug: false, profiles: [], ...wanted });
const names = (devices: readonly StoredDevice[], wanted: Partial<WantedFlavors> = {}) =>
  propose(devices, wanted).map(({ name }) => name);

describe('flavors are proposed', () => {
  it('one for cards that are alike, general enough for others to come', () => {
    expect(propose([h200(), h200()])).toMatchObject([
      {
        name: 'gpu-nvidia',
        groups: [{ 'resources:PGPU': '1', 'trait:CUSTOM_GPU_NVIDIA': 'required' }],
        description: 'One of PGPU. A GPU made by NVIDIA.',
      },
    ]);
  });

  it('for each maker, since nothing built for one runs on another', () =>
    expect(names([h200(), mi300()])).toEqual(['gpu-amd', 'gpu-nvidia']));

  it('for what tells some from others, by the most general trait that does', () => {
    const drafts = propose([h200(), h200(), h100(), a100()]);
    expect(drafts.map(({ name, parts }) => [name, parts.length])).toEqual([
      ['gpu-nvidia', 4],
      // The A100 alone could be asked for by its model too; the capability covers the same.
      ['gpu-nvidia-cuda-8-0', 1],
      ['gpu-nvidia-cuda-9-0', 3],
      ['gpu-nvidia-nvidia-h100-pcie', 1],
      ['gpu-nvidia-nvidia-h200-sxm', 2],
    ]);
  });

  it('by size for slices, whichever card they are of', () => {
    const slice = (size: string) => ({
      resourceClass: `CUSTOM_MIG_${size}`,
      traits: [...hopper, 'CUSTOM_GPU_MIG', `CUSTOM_GPU_MIG_PROFILE_${size}`],
      type: 'PCI' as const,
    });
    expect(names([aStoredDevice([slice('1G_18GB'), slice('1G_18GB'), slice('3G_71GB')])])).toEqual([
      'gpu-nvidia-1g-18gb',
      'gpu-nvidia-3g-71gb',
    ]);
  });

  it('by network for functions of network cards', () => {
    const wired = (network: string) =>
      aStoredDevice(
        [{ resourceClass: 'CUSTOM_NIC', traits: ['CUSTOM_PCI_8086', `CUSTOM_PHYSNET_${network}`] }],
        { kind: 'NIC' },
      );
    expect(names([wired('RED'), wired('BLUE')])).toEqual(['nic-intel-blue', 'nic-intel-red']);
  });

  it('never across kinds: a network card is no stand-in for a disk of the same maker', () => {
    const card = (kind: 'NIC' | 'SSD', product: string) =>
      aStoredDevice(
        [{ resourceClass: 'CUSTOM_PCI', traits: ['CUSTOM_PCI_8086', `CUSTOM_PCI_PRODUCT_ID_${product}`] }],
        { kind },
      );
    expect(names([card('NIC', '1592'), card('SSD', '0A54')])).toEqual(['nic-intel-1592', 'ssd-intel-0a54']);
  });

  it('with traits of drivers that nobody here knows, when they tell cards apart', () => {
    const npu = (...traits: string[]) =>
      aStoredDevice([{ resourceClass: 'CUSTOM_ACME', traits }], { kind: 'AICHIP' });
    expect(names([npu('CUSTOM_ACME_FAST'), npu()])).toEqual(['aichip', 'aichip-acme-fast']);
  });

  it('with hotplug where it is asked for, and only of what has it', () => {
    const hot = aStoredDevice([{ resourceClass: 'PGPU', traits: [...nvidia, 'CUSTOM_ACCEL_HOTPLUG'] }]);
    const groups: DeviceProfileGroup[] = [
      {
        'resources:PGPU': '1',
        'trait:CUSTOM_ACCEL_HOTPLUG': 'required',
        'trait:CUSTOM_GPU_NVIDIA': 'required',
      },
    ];
    expect(propose([hot, h200()], { hotplug: true })).toMatchObject([{ name: 'gpu-hotplug-nvidia', groups }]);
    expect(propose([h200()], { hotplug: true })).toEqual([]);
    expect(names([hot, h200()])).toEqual(['gpu-nvidia', 'gpu-nvidia-hotplug', 'gpu-nvidia-cuda-9-0'].sort());
  });

  it('with one group for each accelerator of a server', () => {
    const [two] = propose([h200()], { units: 2 });
    expect(two?.name).toBe('gpu-nvidia-x2');
    expect(two?.groups).toHaveLength(2);
  });

  it('of one kind only, where that is wanted', () => expect(names([h200()], { kind: 'FPGA' })).toEqual([]));

  it('not for what has gone, and never by traits that /v2 refuses', () => {
    expect(names([{ ...h200(), state: 'gone' }])).toEqual([]);
    const old = aStoredDevice([
      { resourceClass: 'PGPU', traits: [...nvidia, 'HW_GPU_CUDA_COMPUTE_CAPABILITY_V7_0'] },
    ]);
    expect(names([old, h200()])).toEqual(['gpu-nvidia', 'gpu-nvidia-cuda-9-0']);
  });

  it('under names that no other device profile has', () => {
    const other = { name: 'gpu-nvidia', groups: [{ 'resources:PGPU': '1' }] };
    expect(names([h200()], { profiles: [other] })).toEqual(['gpu-nvidia-2']);
    const same = {
      name: 'gpu-nvidia',
      groups: [{ 'trait:CUSTOM_GPU_NVIDIA': 'required', 'resources:PGPU': '1' }],
    };
    expect(names([h200()], { profiles: [same] })).toEqual(['gpu-nvidia']);
  });
});

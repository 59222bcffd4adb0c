import { Trait } from '@cyborgjs/core';
import { describe, expect, it } from 'vitest';
import { findModel } from './models.ts';
import { computeCapabilityTrait, gpuTraits } from './traits.ts';

describe('traits of a GPU', () => {
  it('keep Cyborg names and say maker, model and compute capability', () => {
    expect(gpuTraits('nvidia', '2335', findModel('nvidia', '2335'))).toEqual([
      'OWNER_CYBORG',
      'CUSTOM_NVIDIA_2335',
      'CUSTOM_GPU_NVIDIA',
      'CUSTOM_GPU_MODEL_NVIDIA_H200_SXM',
      'CUSTOM_GPU_CUDA_COMPUTE_CAPABILITY_V9_0',
    ]);
  });

  it('say what is known of a board that is in no table', () => {
    expect(gpuTraits('amd', 'ffee', findModel('amd', 'ffee'))).toEqual([
      'OWNER_CYBORG',
      'CUSTOM_AMD_FFEE',
      'CUSTOM_GPU_AMD',
    ]);
  });

  it('are legal names for every board', () => {
    for (const product of ['1eb8', '25b6', '2339', '2342'])
      for (const trait of gpuTraits('nvidia', product, findModel('nvidia', product)))
        expect(Trait.safeParse(trait).success).toBe(true);
  });
});

describe('compute capability', () => {
  it('uses the standard trait where os-traits has one, which it has up to 7.2', () => {
    expect(computeCapabilityTrait('6.1')).toBe('HW_GPU_CUDA_COMPUTE_CAPABILITY_V6_1');
    expect(computeCapabilityTrait('7.2')).toBe('HW_GPU_CUDA_COMPUTE_CAPABILITY_V7_2');
  });

  it('uses an own trait beyond, for Placement would refuse the standard name', () => {
    expect(computeCapabilityTrait('7.5')).toBe('CUSTOM_GPU_CUDA_COMPUTE_CAPABILITY_V7_5');
    expect(computeCapabilityTrait('10.3')).toBe('CUSTOM_GPU_CUDA_COMPUTE_CAPABILITY_V10_3');
  });
});

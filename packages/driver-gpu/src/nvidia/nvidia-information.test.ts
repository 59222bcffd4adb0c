import { describe, expect, it } from 'vitest';
import { asNvidiaUuid, parseNvidiaInformation } from './nvidia-information.ts';

describe('/proc/driver/nvidia information', () => {
  it('reads the values behind tabs and spaces', () => {
    const text = [
      'Model: \t\t NVIDIA H200',
      'IRQ:   \t\t 200',
      'GPU UUID: \t GPU-00000000-1111-4222-8333-444444444401',
      'Video BIOS: \t 96.00.a5.00.03',
      'Bus Location: \t 0000:83:00.0',
      'Device Minor: \t 0',
      'GPU Excluded:\t No',
      '',
    ].join('\n');
    expect(parseNvidiaInformation(text)).toEqual({
      model: 'NVIDIA H200',
      uuid: 'GPU-00000000-1111-4222-8333-444444444401',
      vbios: '96.00.a5.00.03',
      minor: '0',
      excluded: false,
    });
  });

  it('takes question marks for not known: such a UUID is no identity', () => {
    const text =
      'GPU UUID: \t GPU-????????-????-????-????-????????????\nVideo BIOS: \t ??.??.??.??.??\nGPU Excluded:\t Yes\n';
    expect(parseNvidiaInformation(text)).toEqual({
      model: undefined,
      uuid: undefined,
      vbios: undefined,
      minor: undefined,
      excluded: true,
    });
  });

  it('knows nothing from noise', () => {
    expect(parseNvidiaInformation('\u0000::\n\ufffd').uuid).toBeUndefined();
  });
});

describe('GPU UUID', () => {
  it('is not a UUID of a MIG slice, nor one without its prefix', () => {
    expect(asNvidiaUuid('MIG-00000000-1111-4222-8333-444444444401')).toBeUndefined();
    expect(asNvidiaUuid('00000000-1111-4222-8333-444444444401')).toBeUndefined();
    expect(asNvidiaUuid(null)).toBeUndefined();
  });
});

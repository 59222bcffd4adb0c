import { readFileSync } from 'node:fs';
import { guardMachine, replayMachine } from '@cyborgjs/driver-sdk';
import { createContext, failedChecks, Recording, replayConformance } from '@cyborgjs/driver-sdk/conformance';
import { describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { GpuConfig } from '../src/config.ts';
import { gpuDriver } from '../src/index.ts';
import { knownMigProfiles } from '../src/nvidia/mig-boards.ts';
import { parseMigProfiles } from '../src/nvidia/mig-profile.ts';

/** Recorded by `cyborg-driver record` on machines with one such card each, driver 580.159.04. */
const recordingOf = (card: string): Recording =>
  Recording.parse(
    JSON.parse(readFileSync(new URL(`../fixtures/${card}.recording.json`, import.meta.url), 'utf8')),
  );

describe.each([
  {
    card: 'nvidia-h100',
    product: '2330',
    model: 'NVIDIA H100 SXM5 80GB',
    trait: 'CUSTOM_GPU_MODEL_NVIDIA_H100_SXM5_80GB',
    vbios: '96.00.DA.00.0C',
    mebibytes: 81_559,
    power: 70.21,
    temperature: 35,
    memoryTemperature: 38,
  },
  {
    card: 'nvidia-h200',
    product: '2335',
    model: 'NVIDIA H200 SXM',
    trait: 'CUSTOM_GPU_MODEL_NVIDIA_H200_SXM',
    vbios: '96.00.A5.00.1A',
    mebibytes: 143_771,
    power: 80.29,
    temperature: 40,
    memoryTemperature: 42,
  },
])(
  'the recording of $card',
  ({ card, product, model, trait, vbios, mebibytes, power, temperature, memoryTemperature }) => {
    const recording = recordingOf(card);
    const sys = guardMachine(replayMachine(recording), packageJson.cyborgDriver.permissions);
    const context = createContext({ config: GpuConfig.parse({}), sys });

    it('is discovered as one healthy GPU with its traits', async () => {
      const devices = await gpuDriver.discover(context);
      expect(devices).toEqual([
        {
          identity: expect.stringMatching(/^GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
          kind: 'GPU',
          vendor: '10de',
          model,
          address: '0000:00:06.0',
          numaNode: null,
          health: { state: 'ok' },
          firmware: { vbios, driver: '580.159.04' },
          attributes: expect.objectContaining({
            product_id: product,
            driver: 'nvidia',
            link: '32 GT/s x16',
            serial: expect.stringMatching(/^\d{13}$/),
            memory: `${mebibytes} MiB`,
            mig: 'Disabled',
            compute_capability: '9.0',
          }),
          deployables: [
            {
              name: '0000:00:06.0',
              resourceClass: 'PGPU',
              traits: expect.arrayContaining([
                'OWNER_CYBORG',
                trait,
                'CUSTOM_GPU_CUDA_COMPUTE_CAPABILITY_V9_0',
              ]),
              handles: [expect.objectContaining({ id: '0000:00:06.0', type: 'PCI' })],
            },
          ],
        },
      ]);
    });

    it('has its readings in the declared units', async () => {
      const one = { identity: 'the card', address: '0000:00:06.0' };
      const stats = await gpuDriver.stats?.(context, [one]);
      expect(stats?.[one.identity]).toEqual({
        power,
        power_limit: 700,
        clock: 345,
        temperature,
        memory_temperature: memoryTemperature,
        memory_total: mebibytes * 2 ** 20,
        memory_used: 0,
        utilization: 0,
        memory_utilization: 0,
        memory_errors_corrected: 0,
        memory_errors_uncorrected: 0,
      });
    });
  },
);

it('passes the checks of level replay on all recorded cards', async () => {
  const recordings = { h100: recordingOf('nvidia-h100'), h200: recordingOf('nvidia-h200') };
  const report = await replayConformance({ driver: gpuDriver, packageJson, recordings });
  expect(failedChecks(report)).toEqual([]);
});

/** `nvidia-smi mig -lgip` and `-lgipp` of an H200 with MIG off, driver 580.159.04. */
const migTable = `+-------------------------------------------------------------------------------+
| GPU instance profiles:                                                        |
| GPU   Name               ID    Instances   Memory     P2P    SM    DEC   ENC  |
|                                Free/Total   GiB              CE    JPEG  OFA  |
|===============================================================================|
|   0  MIG 1g.18gb         19     7/7        16.00      No     16     1     0   |
|                                                               1     1     0   |
+-------------------------------------------------------------------------------+
|   0  MIG 1g.18gb+me      20     1/1        16.00      No     16     1     0   |
|                                                               1     1     1   |
+-------------------------------------------------------------------------------+
|   0  MIG 1g.35gb         15     4/4        32.50      No     26     1     0   |
|                                                               1     1     0   |
+-------------------------------------------------------------------------------+
|   0  MIG 2g.35gb         14     3/3        32.50      No     32     2     0   |
|                                                               2     2     0   |
+-------------------------------------------------------------------------------+
|   0  MIG 3g.71gb          9     2/2        69.75      No     60     3     0   |
|                                                               3     3     0   |
+-------------------------------------------------------------------------------+
|   0  MIG 4g.71gb          5     1/1        69.75      No     64     4     0   |
|                                                               4     4     0   |
+-------------------------------------------------------------------------------+
|   0  MIG 7g.141gb         0     1/1        140.00     No     132    7     0   |
|                                                               8     7     1   |
+-------------------------------------------------------------------------------+
`;
const migPlaces = `GPU  0 Profile ID 19 Placements: {0,1,2,3,4,5,6}:1
GPU  0 Profile ID 20 Placements: {0,1,2,3,4,5,6}:1
GPU  0 Profile ID 15 Placements: {0,2,4,6}:2
GPU  0 Profile ID 14 Placements: {0,2,4}:2
GPU  0 Profile ID  9 Placements: {0,4}:4
GPU  0 Profile ID  5 Placement : {0}:4
GPU  0 Profile ID  0 Placement : {0}:8
`;

it('reads the MIG profiles that a real H200 tells, and knows the same by its table', () => {
  const told = parseMigProfiles(migTable, migPlaces);
  expect(told.find(({ id }) => id === 20)).toEqual({
    id: 20,
    name: '1g.18gb+me',
    total: 1,
    starts: [0, 1, 2, 3, 4, 5, 6],
    size: 1,
  });
  expect(told.filter(({ id }) => id !== 20)).toEqual(knownMigProfiles('2335'));
});

import type { CardPlan } from '../card.ts';
import { type CardPlace, pciFunction, simulatedCard } from './card-parts.ts';
import { drmNodes } from './drm-nodes.ts';

const models = {
  MI210: { device: '740f', name: 'AMD Instinct MI210', number: '102-D67301-00', vramBytes: 68702699520 },
  MI300X: {
    device: '74a1',
    name: 'AMD Instinct MI300X OAM',
    number: '102-G30211-00',
    vramBytes: 206141652992,
  },
} as const;

export interface AmdGpuOptions extends CardPlace {
  /** Default MI300X. */
  readonly model?: keyof typeof models;
  /** 16 hexadecimal digits, as `unique_id` shows them. */
  readonly uniqueId?: string;
}

/** An Instinct accelerator on the `amdgpu` driver, in one partition. */
export function amdGpu(options: AmdGpuOptions): CardPlan {
  const model = models[options.model ?? 'MI300X'];
  return (maker) => {
    const card = maker.next('card');
    const uniqueId = options.uniqueId ?? maker.madeUp(16, 'amd', card);
    const serial = maker.madeUp(12, 'amd serial', card);
    const drm = drmNodes(maker);
    const files = {
      ...drm.files,
      ...hwmonFiles(maker.next('hwmon')),
      ...driverFiles(model, { uniqueId, serial }),
    };
    return simulatedCard({
      kind: 'amd-gpu',
      facts: { uniqueId, name: model.name },
      functions: [
        pciFunction(options, {
          vendor: '1002',
          device: model.device,
          class: '120000',
          subsystemDevice: model.device,
          driver: 'amdgpu',
          whenBound: { files, links: drm.links },
        }),
      ],
      hostFiles: { '/sys/module/amdgpu/version': '6.10.5\n' },
    });
  };
}

function driverFiles(
  model: (typeof models)[keyof typeof models],
  { uniqueId, serial }: { readonly uniqueId: string; readonly serial: string },
): Record<string, string> {
  return {
    unique_id: `${uniqueId}\n`,
    product_name: `${model.name}\n`,
    product_number: `${model.number}\n`,
    serial_number: `${serial}\n`,
    vbios_version: '113-M3000100-103\n',
    mem_info_vram_total: `${model.vramBytes}\n`,
    mem_info_vram_used: '297500672\n',
    gpu_busy_percent: '0\n',
    mem_busy_percent: '0\n',
    pcie_replay_count: '0\n',
    'ras/umc_err_count': 'ue: 0\nce: 0\n',
    'ras/sdma_err_count': 'ue: 0\nce: 0\n',
    'ras/gfx_err_count': 'ue: 0\nce: 0\n',
    'ras/gpu_vram_bad_pages': '',
    gpu_metrics: metricsTable(),
    current_compute_partition: 'SPX\n',
    available_compute_partition: 'SPX, DPX, QPX, CPX\n',
    current_memory_partition: 'NPS1\n',
    available_memory_partition: 'NPS1, NPS4\n',
  };
}

function hwmonFiles(number: number): Record<string, string> {
  const directory = `hwmon/hwmon${number}`;
  return {
    [`${directory}/name`]: 'amdgpu\n',
    [`${directory}/temp1_label`]: 'junction\n',
    [`${directory}/temp1_input`]: '41000\n',
    [`${directory}/temp2_label`]: 'mem\n',
    [`${directory}/temp2_input`]: '38000\n',
    [`${directory}/power1_average`]: '134000000\n',
  };
}

/**
 * A `gpu_metrics` table of version 1.4, as bytes in a Latin-1 string (Linux: drivers/gpu/drm/amd/include/kgd_pp_interface.h):
 * 41 and 38 degrees, 134 watts, idle, 4 megajoules.
 */
function metricsTable(): string {
  const bytes = Buffer.alloc(280, 0xff);
  bytes.writeUInt16LE(bytes.length, 0);
  bytes.writeUInt8(1, 2);
  bytes.writeUInt8(4, 3);
  for (const [at, word] of [
    [4, 41],
    [6, 38],
    [10, 134],
    [12, 0],
    [14, 0],
  ] as const)
    bytes.writeUInt16LE(word, at);
  bytes.writeBigUInt64LE(4_000_000n << 16n, 24);
  return bytes.toString('latin1');
}

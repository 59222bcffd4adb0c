import { posix } from 'node:path';
import type { Kernel } from '../kernel/kernel.ts';
import { fieldText, nvidiaFields } from './nvidia-fields.ts';
import { busIdOf, type ListedGpu } from './nvidia-gpus.ts';
import { migDevices } from './nvidia-mig.ts';

/** An element by name, with a text or further elements in order. */
type Content = string | readonly (readonly [name: string, content: Content])[];

/** `nvidia-smi -q -x`: its elements as the document type of the first GPU's driver has them (v11, v12 or v13). */
export function nvidiaXml(kernel: Kernel, gpus: readonly ListedGpu[]): string {
  const [first] = gpus;
  const dtd = first?.card.facts.dtd ?? '13';
  const head = [
    ['timestamp', 'Thu Jan  1 00:00:00 1970'],
    ['driver_version', first?.card.facts.driverVersion ?? ''],
    ['cuda_version', '13.1'],
    ['attached_gpus', `${gpus.length}`],
  ] as const;
  const body = gpus.map(
    (gpu) =>
      `\t<gpu id="${busIdOf(gpu.address)}">\n${elements(gpuContent(kernel, gpu, Number(dtd)), 2)}\t</gpu>\n`,
  );
  return `<?xml version="1.0" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v${dtd}.dtd">\n<nvidia_smi_log>\n${elements(head, 1)}${body.join('')}</nvidia_smi_log>\n`;
}

function elements(content: Exclude<Content, string>, depth: number): string {
  const indent = '\t'.repeat(depth);
  return content
    .map(([name, inner]) =>
      typeof inner === 'string'
        ? `${indent}<${name}>${escaped(inner)}</${name}>\n`
        : `${indent}<${name}>\n${elements(inner, depth + 1)}${indent}</${name}>\n`,
    )
    .join('');
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** A field as XML shows it: without brackets, with its unit. */
function shown(gpu: ListedGpu, field: string): string {
  const text = fieldText(gpu, field);
  const unit = nvidiaFields[field]?.unit ?? (field.startsWith('temperature.') ? 'C' : undefined);
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  return unit === undefined || bare !== text ? bare : `${text} ${unit}`;
}

function gpuContent(kernel: Kernel, gpu: ListedGpu, dtd: number): Exclude<Content, string> {
  const field = (name: string): string => shown(gpu, name);
  const isOld = dtd < 13;
  const action = field('gpu_recovery_action');
  const mig = { current_mig: field('mig.mode.current'), pending_mig: field('mig.mode.pending') };
  const utilization = { gpu_util: field('utilization.gpu'), memory_util: field('utilization.memory') };
  const ecc = { current_ecc: field('ecc.mode.current'), pending_ecc: field('ecc.mode.current') };
  const temperature = { gpu_temp: field('temperature.gpu'), memory_temp: field('temperature.memory') };
  const clocks = {
    graphics_clock: field('clocks.gr'),
    sm_clock: field('clocks.sm'),
    mem_clock: field('clocks.mem'),
  };
  return [
    ['product_name', field('name')],
    ['product_brand', 'NVIDIA'],
    ['persistence_mode', field('persistence_mode')],
    ['mig_mode', Object.entries(mig)],
    ['mig_devices', migContent(gpu)],
    ['serial', field('serial')],
    ['uuid', field('uuid')],
    ['minor_number', gpu.card.facts.minor ?? 'N/A'],
    ['vbios_version', field('vbios_version')],
    ['gpu_virtualization_mode', Object.entries({ virtualization_mode: 'None', host_vgpu_mode: 'N/A' })],
    isOld ? ['gpu_reset_status', resetStatus(action)] : ['gpu_recovery_action', action],
    ['pci', pciContent(gpu)],
    [dtd === 11 ? 'clocks_throttle_reasons' : 'clocks_event_reasons', clockReasons(gpu, dtd)],
    ['fb_memory_usage', memoryContent(field)],
    ['utilization', Object.entries(utilization)],
    ['ecc_mode', Object.entries(ecc)],
    ['ecc_errors', eccContent(gpu, isOld)],
    ['retired_pages', [['pending_retirement', field('retired_pages.pending')]]],
    ['remapped_rows', rowsContent(field)],
    ['temperature', Object.entries(temperature)],
    [dtd === 11 ? 'power_readings' : 'gpu_power_readings', powerContent(field, isOld)],
    ['clocks', Object.entries(clocks)],
    ['fabric', Object.entries({ state: field('fabric.state'), status: field('fabric.status') })],
    ['processes', processContent(kernel, gpu)],
  ];
}

type Field = (name: string) => string;

const resetStatus = (action: string): Content => [
  ['reset_required', action === 'Reset' || action === 'Reboot' ? 'Yes' : 'No'],
  ['drain_and_reset_recommended', action.startsWith('Drain') ? 'Yes' : 'No'],
];

function pciContent(gpu: ListedGpu): Content {
  const field = (name: string): string => shown(gpu, name);
  return [
    ['pci_device_id', field('pci.device_id').slice(2)],
    ['pci_bus_id', busIdOf(gpu.address)],
    ['pci_sub_system_id', field('pci.sub_device_id').slice(2)],
    [
      'pci_gpu_link_info',
      [
        [
          'pcie_gen',
          [
            ['max_link_gen', field('pcie.link.gen.max')],
            ['current_link_gen', field('pcie.link.gen.current')],
          ],
        ],
        [
          'link_widths',
          [
            ['max_link_width', `${field('pcie.link.width.max')}x`],
            ['current_link_width', `${field('pcie.link.width.current')}x`],
          ],
        ],
      ],
    ],
    ['replay_counter', '0'],
  ];
}

const reasons = [
  'gpu_idle',
  'hw_slowdown',
  'hw_thermal_slowdown',
  'hw_power_brake_slowdown',
  'sw_thermal_slowdown',
];

const clockReasons = (gpu: ListedGpu, dtd: number): Content =>
  reasons.map((name) => [
    dtd === 11 ? `clocks_throttle_reason_${name}` : `clocks_event_reason_${name}`,
    shown(gpu, `clocks_event_reasons.${name}`),
  ]);

const memoryContent = (field: Field): Content => [
  ['total', field('memory.total')],
  ['reserved', field('memory.reserved')],
  ['used', field('memory.used')],
  ['free', field('memory.free')],
];

function eccContent(gpu: ListedGpu, isOld: boolean): Content {
  const uncorrected = shown(gpu, 'ecc.errors.uncorrected.volatile.total');
  const corrected = shown(gpu, 'ecc.errors.corrected.volatile.total');
  const counts = (): Content => [
    ['sram_correctable', '0'],
    ...(isOld
      ? ([['sram_uncorrectable', '0']] as const)
      : ([
          ['sram_uncorrectable_parity', '0'],
          ['sram_uncorrectable_secded', '0'],
        ] as const)),
    ['dram_correctable', corrected],
    ['dram_uncorrectable', uncorrected],
  ];
  return [
    ['volatile', counts()],
    ['aggregate', counts()],
    ...(isOld
      ? []
      : ([
          ['channel_repair_pending', 'No'],
          ['tpc_repair_pending', 'No'],
        ] as const)),
  ];
}

const rowsContent = (field: Field): Content =>
  field('mig.mode.current') === 'Enabled'
    ? 'N/A'
    : [
        ['remapped_row_corr', field('remapped_rows.correctable')],
        ['remapped_row_unc', field('remapped_rows.uncorrectable')],
        ['remapped_row_pending', field('remapped_rows.pending')],
        ['remapped_row_failure', field('remapped_rows.failure')],
      ];

const powerContent = (field: Field, isOld: boolean): Content =>
  isOld
    ? [
        ['power_draw', field('power.draw')],
        ['power_limit', field('power.limit')],
      ]
    : [
        ['average_power_draw', field('power.draw')],
        ['instant_power_draw', field('power.draw')],
        ['current_power_limit', field('power.limit')],
      ];

function migContent(gpu: ListedGpu): Content {
  const devices = migDevices(gpu.card);
  if (devices.length === 0) return 'None';
  return devices.map(({ slice, ci }, index): [string, Content] => [
    'mig_device',
    [
      ['index', `${index}`],
      ['gpu_instance_id', `${slice.id}`],
      ['compute_instance_id', `${ci}`],
      [
        'fb_memory_usage',
        [
          ['total', '16384 MiB'],
          ['used', '9 MiB'],
        ],
      ],
    ],
  ]);
}

function processContent({ state }: Kernel, { address }: ListedGpu): Content {
  return state.processes
    .filter(({ holds, command }) => holds === address && posix.basename(command) !== 'nvidia-persistenced')
    .map(({ pid, command }): [string, Content] => [
      'process_info',
      [
        ['gpu_instance_id', 'N/A'],
        ['pid', `${pid}`],
        ['type', 'C'],
        ['process_name', command.split(' ')[0] ?? ''],
        ['used_memory', '256 MiB'],
      ],
    ]);
}

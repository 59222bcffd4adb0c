import { parsePciAddress } from '@cyborgjs/core';
import { lostGpus, type SmiGpu, type SmiReport, slowdownName, slowdownReasons } from './smi-gpu.ts';
import { smiCount, smiFlag, smiNumber, smiSign, smiValue } from './smi-value.ts';

/**
 * Reads the CSV of `nvidia-smi --query-gpu=… --format=csv`: a header of `field` or `field [unit]`, cells separated
 * by comma and space, units left in the values. Anything else in the text is skipped, for the tool prints its
 * errors between the rows (nvidia-smi(1); formats seen with drivers 470 to 595). A row without an address is none.
 */
export function parseSmiCsv(text: string): SmiReport {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const headerAt = lines.findIndex((line) => line.startsWith('index, '));
  const fields = (lines[headerAt] ?? '').split(', ').map((field) => field.replace(/ \[[^\]]*\]$/, ''));
  const gpus = (headerAt < 0 ? [] : lines.slice(headerAt + 1))
    .map((line) => line.split(', '))
    .filter((cells) => cells.length === fields.length)
    .flatMap((cells) => readRow(fields, cells) ?? []);
  return { gpus, lost: lostGpus(text) };
}

function readRow(fields: readonly string[], cells: readonly string[]): SmiGpu | undefined {
  const texts = new Map(fields.map((field, at) => [field, cells[at] ?? '']));
  const value = (field: string): string | null => smiValue(texts.get(field));
  const number = (field: string): number | null => smiNumber(value(field));
  const index = smiCount(value('index'));
  const address = parsePciAddress(value('pci.bus_id') ?? '');
  if (index === null || address === undefined) return undefined;
  return {
    address,
    index,
    uuid: value('uuid'),
    name: value('name'),
    serial: value('serial'),
    vbios: value('vbios_version'),
    driver: value('driver_version'),
    computeCapability: value('compute_cap'),
    mig: { current: smiFlag(value('mig.mode.current')), pending: smiFlag(value('mig.mode.pending')) },
    memory: { total: number('memory.total'), used: number('memory.used') },
    utilization: { gpu: number('utilization.gpu'), memory: number('utilization.memory') },
    temperature: { gpu: number('temperature.gpu'), memory: number('temperature.memory') },
    power: { draw: number('power.draw'), limit: number('power.limit') },
    clock: number('clocks.gr'),
    ecc: {
      corrected: smiCount(value('ecc.errors.corrected.volatile.total')),
      uncorrected: smiCount(value('ecc.errors.uncorrected.volatile.total')),
    },
    rows: {
      corrected: smiCount(value('remapped_rows.correctable')),
      uncorrected: smiCount(value('remapped_rows.uncorrectable')),
      pending: smiFlag(value('remapped_rows.pending')),
      failure: smiFlag(value('remapped_rows.failure')),
    },
    retirementPending: smiFlag(value('retired_pages.pending')),
    repairs: [],
    recoveryAction: value('gpu_recovery_action'),
    fabric: value('fabric.state'),
    slowdowns: slowdownReasons
      .filter((reason) => smiFlag(value(`clocks_event_reasons.${reason}`)) === true)
      .map(slowdownName),
    isIdle: smiFlag(value('clocks_event_reasons.gpu_idle')),
    link: {
      generation: number('pcie.link.gen.current'),
      maxGeneration: number('pcie.link.gen.max'),
      width: number('pcie.link.width.current'),
      maxWidth: number('pcie.link.width.max'),
    },
    processes: [],
    signs: [...new Set(cells.flatMap((cell) => smiSign(cell) ?? []))],
  };
}

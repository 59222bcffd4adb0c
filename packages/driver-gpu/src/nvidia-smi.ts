import { type DriverContext, isDriverError, type RunResult } from '@cyborgjs/driver-sdk';
import type { SmiReading } from './nvidia-health.ts';
import { parseSmiCsv } from './nvidia-smi-csv.ts';

/** Fields that every driver since 470 knows. */
const lastingFields = [
  'index',
  'uuid',
  'name',
  'serial',
  'pci.bus_id',
  'driver_version',
  'vbios_version',
  'memory.total',
  'mig.mode.current',
  'retired_pages.pending',
] as const;

/** Fields that came later; an older nvidia-smi names the first it does not know and prints nothing. */
const laterFields = [
  'remapped_rows.pending',
  'remapped_rows.failure',
  'fabric.state',
  'gpu_recovery_action',
] as const;

type SmiContext = Pick<DriverContext, 'sys' | 'signal' | 'log'>;

interface SmiSettings {
  readonly path: string;
  readonly timeoutMs: number;
}

/**
 * Asks nvidia-smi about all GPUs. It may hang for minutes when a GPU is sick, be missing, or print anything: none
 * of that is an error here, only less known. Throws nothing but the call's own cancellation.
 */
export async function readNvidiaSmi(context: SmiContext, settings: SmiSettings): Promise<SmiReading> {
  let unknown: readonly string[] = [];
  for (let attempt = 0; attempt <= laterFields.length; attempt += 1) {
    const fields = [...lastingFields, ...laterFields.filter((field) => !unknown.includes(field))];
    const result = await runTolerantly(context, settings, fields);
    if ('kind' in result) return result;
    const refused = refusedField(result);
    if (refused === undefined) return toReading(result);
    unknown = [...unknown, refused];
  }
  return { kind: 'silent', reason: 'nvidia-smi refuses every set of fields' };
}

async function runTolerantly(
  context: SmiContext,
  { path, timeoutMs }: SmiSettings,
  fields: readonly string[],
): Promise<RunResult | SmiReading> {
  try {
    return await context.sys.run(path, [`--query-gpu=${fields.join(',')}`, '--format=csv'], {
      timeoutMs,
      signal: context.signal,
      readOnly: true,
    });
  } catch (error) {
    if (context.signal.aborted) throw error;
    if (isDriverError(error) && error.code === 'unsupported') return { kind: 'absent' };
    const reason = error instanceof Error ? error.message : String(error);
    context.log.warn('nvidia-smi gave no answer', { path, reason });
    return { kind: 'silent', reason: `nvidia-smi gave no answer: ${reason}`.slice(0, 500) };
  }
}

/** Exit 2: `Field "fabric.state" is not a valid field to query.` */
function refusedField(result: RunResult): string | undefined {
  if (result.code !== 2) return undefined;
  const [, field] = /Field "([^"]+)" is not a valid field/.exec(result.out) ?? [];
  return laterFields.find((later) => later === field);
}

/** Its errors go to standard output; a nonzero exit with rows is the exit of a lost neighbour. */
function toReading(result: RunResult): SmiReading {
  const table = parseSmiCsv(result.out);
  if (table.rows.length > 0 || table.lost.length > 0) return { kind: 'table', table };
  const said = printable(result.out || result.err);
  return { kind: 'silent', reason: `nvidia-smi ended with ${result.code}: ${said}`.slice(0, 500) };
}

const printable = (text: string): string => text.replace(/[^\x20-\x7e]+/g, ' ').trim() || 'no output';

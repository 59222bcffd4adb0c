import { type DriverContext, DriverError, isDriverError, type RunResult } from '@cyborgjs/driver-sdk';
import { parseSmiCsv } from './smi-csv.ts';
import { smiExitMeaning } from './smi-exit.ts';
import { lostGpus, type SmiReport } from './smi-gpu.ts';
import { parseSmiXml } from './smi-xml.ts';

/** Where NVIDIA's tool is; its driver installs it there. */
export const nvidiaSmiPath = '/usr/bin/nvidia-smi';

/**
 * What nvidia-smi had to say. `absent`: not asked, for it is not installed or no GPU is on the nvidia driver.
 * `silent`: it failed as a whole, or took too long (`isLate`); the GPUs are there, but how they do is not known.
 */
export type SmiReading =
  | { readonly kind: 'absent' }
  | { readonly kind: 'silent'; readonly reason: string; readonly isLate?: boolean }
  | { readonly kind: 'report'; readonly report: SmiReport };

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
  'memory.used',
  'utilization.gpu',
  'utilization.memory',
  'temperature.gpu',
  'temperature.memory',
  'power.draw',
  'power.limit',
  'clocks.gr',
  'mig.mode.current',
  'mig.mode.pending',
  'ecc.errors.corrected.volatile.total',
  'ecc.errors.uncorrected.volatile.total',
  'retired_pages.pending',
  'pcie.link.gen.current',
  'pcie.link.gen.max',
  'pcie.link.width.current',
  'pcie.link.width.max',
] as const;

/** Fields that came later; an older nvidia-smi names the first it does not know and prints nothing. */
const laterFields = [
  'compute_cap',
  'remapped_rows.correctable',
  'remapped_rows.uncorrectable',
  'remapped_rows.pending',
  'remapped_rows.failure',
  'fabric.state',
  'gpu_recovery_action',
  'clocks_event_reasons.gpu_idle',
  'clocks_event_reasons.hw_slowdown',
  'clocks_event_reasons.hw_thermal_slowdown',
  'clocks_event_reasons.hw_power_brake_slowdown',
  'clocks_event_reasons.sw_thermal_slowdown',
] as const;

type SmiContext = Pick<DriverContext, 'sys' | 'signal' | 'log'>;

/** How nvidia-smi is asked. */
interface SmiQuestion {
  readonly timeoutMs: number;
  /** The only GPU that is asked about; all without it. */
  readonly address?: string;
}

/**
 * Asks nvidia-smi about its GPUs: its XML, and its CSV where that cannot be read. It may hang for minutes when a GPU is
 * sick, be missing, or print anything: none of that is an error here, only less known. Throws nothing but the call's own
 * cancellation.
 */
export async function readNvidiaSmi(context: SmiContext, question: SmiQuestion): Promise<SmiReading> {
  const result = await askTolerantly(context, ['-q', '-x'], question);
  if ('kind' in result)
    return result.kind === 'silent' && !result.isLate ? readCsv(context, question) : result;
  const report = readXml(result.out);
  if (report !== undefined && hasSome(report)) return { kind: 'report', report };
  const lost = lostGpus(result.out);
  if (lost.length > 0) return { kind: 'report', report: { gpus: [], lost } };
  // A tool that says why it cannot work at all would only say so again.
  if (result.code !== 0 && result.code !== 2) return silent(result);
  return readCsv(context, question);
}

function readXml(text: string): SmiReport | undefined {
  try {
    return parseSmiXml(text);
  } catch (error) {
    if (isDriverError(error)) return undefined;
    throw error;
  }
}

async function readCsv(context: SmiContext, question: SmiQuestion): Promise<SmiReading> {
  let unknown: readonly string[] = [];
  for (let attempt = 0; attempt <= laterFields.length; attempt += 1) {
    const fields = [...lastingFields, ...laterFields.filter((field) => !unknown.includes(field))];
    const args = [`--query-gpu=${fields.join(',')}`, '--format=csv'];
    const result = await askTolerantly(context, args, question);
    if ('kind' in result) return result;
    const refused = refusedField(result);
    if (refused === undefined) {
      const report = parseSmiCsv(result.out);
      return hasSome(report) ? { kind: 'report', report } : silent(result);
    }
    unknown = [...unknown, refused];
  }
  return { kind: 'silent', reason: 'nvidia-smi refuses every set of fields' };
}

const hasSome = ({ gpus, lost }: SmiReport): boolean => gpus.length + lost.length > 0;

/** Exit 2: `Field "fabric.state" is not a valid field to query.` */
function refusedField(result: RunResult): string | undefined {
  if (result.code !== 2) return undefined;
  const [, field] = /Field "([^"]+)" is not a valid field/.exec(result.out) ?? [];
  return laterFields.find((later) => later === field);
}

async function askTolerantly(
  context: SmiContext,
  args: readonly string[],
  { timeoutMs, address }: SmiQuestion,
): Promise<RunResult | SmiReading> {
  const { sys, signal } = context;
  const about = address === undefined ? [] : ['-i', address];
  try {
    return await sys.run(nvidiaSmiPath, [...args, ...about], { timeoutMs, signal, readOnly: true });
  } catch (error) {
    if (context.signal.aborted) throw error;
    if (isDriverError(error) && error.code === 'unsupported') return { kind: 'absent' };
    const reason = error instanceof Error ? error.message : String(error);
    context.log.warn('nvidia-smi gave no answer', { path: nvidiaSmiPath, reason });
    const isLate = isDriverError(error) && error.code === 'timeout';
    return { kind: 'silent', reason: `nvidia-smi gave no answer: ${reason}`.slice(0, 500), isLate };
  }
}

function silent(result: RunResult): SmiReading {
  return { kind: 'silent', reason: `nvidia-smi ended with ${describeRun(result)}` };
}

/** How a run of nvidia-smi ended and what it said, printable and short; its errors go to standard output. */
export function describeRun({ code, out, err }: RunResult): string {
  const said = `${out || err}`.replace(/[^\x20-\x7e]+/g, ' ').trim() || 'no output';
  return `${smiExitMeaning(code)}: ${said}`.slice(0, 400);
}

/**
 * Has nvidia-smi do something to one GPU, and gives what it printed.
 *
 * @throws `busy` when the GPU is in use; `unsupported`, `denied` and `hardware` for what its exit status says
 */
export async function runNvidiaSmi(
  { sys, signal }: Pick<DriverContext, 'sys' | 'signal'>,
  args: readonly string[],
  options: { readonly device: string; readonly readOnly?: boolean; readonly accept?: readonly number[] },
): Promise<string> {
  const { device, readOnly = false, accept = [] } = options;
  const result = await sys.run(nvidiaSmiPath, args, { signal, timeoutMs: 60_000, readOnly });
  if (result.code === 0 || accept.includes(result.code)) return result.out;
  const doing = `nvidia-smi ${args.join(' ')}`;
  throw new DriverError(codeOf(result.code), `"${doing}" ended with ${describeRun(result)}`, { device });
}

function codeOf(exit: number): 'busy' | 'unsupported' | 'denied' | 'hardware' {
  if (exit === 19) return 'busy';
  if (exit === 3) return 'unsupported';
  return exit === 4 ? 'denied' : 'hardware';
}

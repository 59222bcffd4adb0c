import type { RecordedRun } from './recording.ts';

/** Tools that print the log of the whole machine: of its other devices, its command line, its users. */
const logTools: ReadonlySet<string> = new Set(['dmesg', 'journalctl']);

/**
 * Keeps of the machine's log what speaks of the recorded devices: lines that name the place of one, with or without
 * its function (`0000:83:00.0`, `NVRM: Xid (PCI:0000:83:00): 79`). The rest is nobody's business.
 */
export function trimLogs(runs: readonly RecordedRun[], addresses: readonly string[]): RecordedRun[] {
  const places = addresses.map((address) => address.replace(/\.[0-7]$/, '').toLowerCase());
  const isOfDevice = (line: string): boolean => places.some((place) => line.toLowerCase().includes(place));
  const trim = (text: string): string =>
    text
      .split('\n')
      .filter(isOfDevice)
      .map((line) => `${line}\n`)
      .join('');
  return runs.map((run) => {
    const { tool, result } = run;
    if (!logTools.has(tool.slice(tool.lastIndexOf('/') + 1)) || 'errno' in result) return run;
    return { ...run, result: { ...result, out: trim(result.out), err: trim(result.err) } };
  });
}

import { describe, expect, it } from 'vitest';
import { trimLogs } from './trim-logs.ts';

const log = [
  '[    0.000000] Command line: root=/dev/sda1 password=hunter2',
  '[    1.000000] nvidia 0000:06:00.0: enabling device (0000 -> 0002)',
  '[    2.000000] nvidia 0000:07:00.0: enabling device (0000 -> 0002)',
  '[    9.000000] NVRM: Xid (PCI:0000:06:00): 79, GPU has fallen off the bus.',
  '',
].join('\n');
const told = { code: 0, out: log, err: '' };

describe('the log of a recorded machine', () => {
  it('is cut down to what it says of the recorded devices', () => {
    const [run] = trimLogs([{ tool: '/usr/bin/dmesg', args: [], result: told }], ['0000:06:00.0']);
    expect(run?.result).toEqual({
      code: 0,
      out: '[    1.000000] nvidia 0000:06:00.0: enabling device (0000 -> 0002)\n[    9.000000] NVRM: Xid (PCI:0000:06:00): 79, GPU has fallen off the bus.\n',
      err: '',
    });
  });

  it('is empty when nothing was found, and what other tools print stays whole', () => {
    const runs = [
      { tool: '/usr/bin/dmesg', args: [], result: told },
      { tool: '/usr/bin/journalctl', args: ['-k'], result: { errno: 'ENOENT' } },
      { tool: '/usr/bin/nvidia-smi', args: [], result: told },
    ];
    expect(trimLogs(runs, [])).toEqual([{ ...runs[0], result: { ...told, out: '' } }, ...runs.slice(1)]);
  });
});

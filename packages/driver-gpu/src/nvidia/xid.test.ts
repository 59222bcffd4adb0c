import { describe, expect, it } from 'vitest';
import { parseXids, xidHealth } from './xid.ts';

const log = [
  '[ 8123.114201] NVRM: Xid (PCI:0000:83:00): 48, pid=1234, name=python3, an uncorrectable error',
  '[ 8123.114777] pcieport 0000:80:01.0: something else',
  '[ 8124.000001] NVRM: Xid (PCI:0000:83:00): 31, pid=99, name=app, MMU Fault',
  "[ 9211.550002] NVRM: Xid (PCI:0000:84:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
].join('\n');

const judgement = { ignored: [], isRecovered: false };
const xid = (code: number) => ({ code, text: '' });

describe('errors in the kernel log', () => {
  it('are read by the place of their GPU, in order', () => {
    const xids = parseXids(log);
    expect(xids.get('0000:83:00')?.map(({ code }) => code)).toEqual([48, 31]);
    expect(xids.get('0000:84:00')).toEqual([
      { code: 79, text: "pid='<unknown>', name=<unknown>, GPU has fallen off the bus." },
    ]);
  });

  it.each([13, 31, 43, 45, 68, 109])('of applications, such as %s, are none of the GPU', (code) => {
    expect(xidHealth([xid(code)], judgement)).toEqual({ state: 'ok' });
  });

  it.each([48, 62, 64, 79, 95, 119, 120])('such as %s make it unfit', (code) => {
    expect(xidHealth([xid(code)], judgement).state).toBe('failed');
  });

  it.each([63, 74, 94, 12_345])('such as %s are trouble', (code) => {
    expect(xidHealth([xid(code)], judgement).state).toBe('degraded');
  });

  it('count by the worst, which is named', () => {
    expect(xidHealth([xid(63), xid(79), xid(94)], judgement)).toEqual({
      state: 'failed',
      reason: 'Xid 79 in the kernel log: fallen off the bus',
    });
  });

  it('are only a warning once the driver wants no recovery, and nothing when the operator says so', () => {
    expect(xidHealth([xid(48)], { ignored: [], isRecovered: true }).state).toBe('degraded');
    expect(xidHealth([xid(48)], { ignored: [48], isRecovered: false })).toEqual({ state: 'ok' });
  });
});

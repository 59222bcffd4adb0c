import { PciAddress } from '@cyborgjs/core';
import { describe, expect, it } from 'vitest';
import { nvidiaHealth } from './nvidia-health.ts';
import type { SmiReading } from './nvidia-smi.ts';
import { parseSmiCsv } from './smi-csv.ts';
import type { SmiGpu } from './smi-gpu.ts';

const here = PciAddress.parse('0000:83:00.0');
const there = PciAddress.parse('0000:84:00.0');

const [plain] = parseSmiCsv('index, pci.bus_id\n0, 00000000:83:00.0\n').gpus;

function reportWith(values: Partial<SmiGpu>): SmiReading {
  if (plain === undefined) throw new Error('the row was not read');
  return { kind: 'report', report: { gpus: [{ ...plain, ...values }], lost: [] } };
}

const rows = { corrected: 0, uncorrected: 0, pending: false, failure: false };
const link = { generation: 5, maxGeneration: 5, width: 16, maxWidth: 16 };

const judge = (smi: SmiReading, address = here) => nvidiaHealth({ smi, xids: [], ignoredXids: [] }, address);

describe('health of an NVIDIA GPU', () => {
  it.each([
    ['nothing is wrong', reportWith({ recoveryAction: 'None', fabric: 'Completed', rows, link }), 'ok'],
    ['an older driver knows no recovery action', reportWith({}), 'ok'],
    ['nvidia-smi is not there', { kind: 'absent' } as const, 'ok'],
    ['nvidia-smi hung', { kind: 'silent', reason: 'nvidia-smi did not answer' } as const, 'unknown'],
    ['a drain of P2P is asked for', reportWith({ recoveryAction: 'Drain P2P' }), 'degraded'],
    ['an action of a later driver is asked for', reportWith({ recoveryAction: 'Dance' }), 'degraded'],
    ['a reset is asked for', reportWith({ recoveryAction: 'Reset' }), 'failed'],
    ['a reboot is asked for', reportWith({ recoveryAction: 'Reboot' }), 'failed'],
    ['a value says that it needs a reset', reportWith({ signs: ['GPU requires reset'] }), 'failed'],
    ['a value says that it is lost', reportWith({ signs: ['GPU is lost'] }), 'failed'],
    ['a value is an unknown error', reportWith({ signs: ['Unknown Error'] }), 'degraded'],
    ['a row remapping is pending', reportWith({ rows: { ...rows, pending: true } }), 'degraded'],
    ['a row remapping failed', reportWith({ rows: { ...rows, failure: true } }), 'failed'],
    ['a page retirement is pending', reportWith({ retirementPending: true }), 'degraded'],
    ['a repair of memory is pending', reportWith({ repairs: ['channel repair'] }), 'degraded'],
    ['memory errors were counted', reportWith({ ecc: { corrected: 9, uncorrected: 1 } }), 'degraded'],
    ['corrected errors alone were counted', reportWith({ ecc: { corrected: 9, uncorrected: 0 } }), 'ok'],
    ['the fabric is not up', reportWith({ fabric: 'In Progress' }), 'degraded'],
    ['it is too hot', reportWith({ slowdowns: ['hw thermal slowdown'] }), 'degraded'],
    [
      'its link is slow while it works',
      reportWith({ isIdle: false, link: { ...link, generation: 3 } }),
      'degraded',
    ],
    ['its link is slow while it idles', reportWith({ isIdle: true, link: { ...link, generation: 1 } }), 'ok'],
  ] as const)('when %s', (_case, reading, state) => {
    expect(judge(reading).state).toBe(state);
  });

  it('takes the worst of several findings and names it', () => {
    expect(judge(reportWith({ rows: { ...rows, pending: true }, recoveryAction: 'Reboot' }))).toEqual({
      state: 'failed',
      reason: 'the driver asks for: Reboot',
    });
  });

  it('has failed when nvidia-smi cannot open it, which says nothing of the others', () => {
    const lost: SmiReading = { kind: 'report', report: { gpus: [], lost: [there] } };
    expect(judge(lost, there)).toEqual({
      state: 'failed',
      reason: 'nvidia-smi cannot open it: fallen off the bus',
    });
    expect(judge(lost)).toEqual({ state: 'ok' });
  });

  it('is unknown when nvidia-smi lists others only and does not say why', () => {
    expect(judge(reportWith({ address: there }))).toEqual({
      state: 'unknown',
      reason: 'nvidia-smi does not list it',
    });
  });
});

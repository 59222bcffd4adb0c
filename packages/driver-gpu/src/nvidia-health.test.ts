import { PciAddress } from '@cyborgjs/core';
import { describe, expect, it } from 'vitest';
import { nvidiaHealth, type SmiReading } from './nvidia-health.ts';

const here = PciAddress.parse('0000:83:00.0');
const there = PciAddress.parse('0000:84:00.0');

function tableWith(values: Record<string, string | null>, signs: string[] = []): SmiReading {
  return {
    kind: 'table',
    table: { rows: [{ values: { 'pci.bus_id': '00000000:83:00.0', ...values }, signs }], lost: [] },
  };
}

describe('health of an NVIDIA GPU', () => {
  it.each([
    ['nothing is wrong', tableWith({ gpu_recovery_action: 'None', 'fabric.state': 'Completed' }), 'ok'],
    ['an older driver knows no recovery action', tableWith({}), 'ok'],
    ['nvidia-smi is not there', { kind: 'absent' } as const, 'ok'],
    ['nvidia-smi hung', { kind: 'silent', reason: 'nvidia-smi did not answer' } as const, 'unknown'],
    ['a drain of P2P is asked for', tableWith({ gpu_recovery_action: 'Drain P2P' }), 'degraded'],
    [
      'an action of a later driver is asked for',
      tableWith({ gpu_recovery_action: 'Recover IMEX' }),
      'degraded',
    ],
    ['a reset is asked for', tableWith({ gpu_recovery_action: 'Reset' }), 'failed'],
    ['a reboot is asked for', tableWith({ gpu_recovery_action: 'Reboot' }), 'failed'],
    ['a value says that it needs a reset', tableWith({}, ['GPU requires reset']), 'failed'],
    ['a value is an unknown error', tableWith({}, ['Unknown Error']), 'degraded'],
    ['a row remapping is pending', tableWith({ 'remapped_rows.pending': 'Yes' }), 'degraded'],
    ['a row remapping failed', tableWith({ 'remapped_rows.failure': 'Yes' }), 'failed'],
    ['a page retirement is pending', tableWith({ 'retired_pages.pending': 'Yes' }), 'degraded'],
    ['the fabric is not up', tableWith({ 'fabric.state': 'In Progress' }), 'degraded'],
  ] as const)('when %s', (_case, reading, state) => {
    expect(nvidiaHealth(reading, here).state).toBe(state);
  });

  it('takes the worst of several findings and names it', () => {
    const reading = tableWith({ 'remapped_rows.pending': 'Yes', gpu_recovery_action: 'Reboot' });
    expect(nvidiaHealth(reading, here)).toEqual({
      state: 'failed',
      reason: 'the driver asks for: Reboot',
    });
  });

  it('has failed when nvidia-smi cannot open it, which says nothing of the others', () => {
    const lost: SmiReading = { kind: 'table', table: { rows: [], lost: [there] } };
    expect(nvidiaHealth(lost, there)).toEqual({
      state: 'failed',
      reason: 'nvidia-smi cannot open it: fallen off the bus',
    });
    expect(nvidiaHealth(lost, here)).toEqual({ state: 'ok' });
  });

  it('is unknown when nvidia-smi lists others only and does not say why', () => {
    const others: SmiReading = {
      kind: 'table',
      table: { rows: [{ values: { 'pci.bus_id': '00000000:84:00.0' }, signs: [] }], lost: [] },
    };
    expect(nvidiaHealth(others, here)).toEqual({ state: 'unknown', reason: 'nvidia-smi does not list it' });
  });
});

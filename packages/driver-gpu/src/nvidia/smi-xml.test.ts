import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDriverError } from '@cyborgjs/driver-sdk';
import { buildMachine, nvidiaGpu, type Simulation } from '@cyborgjs/driver-sdk/simulator';
import { afterEach, describe, expect, it } from 'vitest';
import { parseSmiXml } from './smi-xml.ts';

const here = '0000:83:00.0';
const uuid = 'GPU-00000000-1111-4222-8333-444444444401';

let simulation: Simulation;
afterEach(() => rmSync(simulation.root, { recursive: true, force: true }));

async function xmlOf(
  dtd: 11 | 12 | 13,
  prepare: (simulation: Simulation) => void = () => {},
): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'smi-xml-'));
  simulation = buildMachine({ root, cards: [nvidiaGpu({ address: here, uuid, dtd })] });
  prepare(simulation);
  return (await simulation.machine.run('/usr/bin/nvidia-smi', ['-q', '-x'])).out;
}

describe('nvidia-smi XML', () => {
  it.each([11, 12, 13] as const)('of document type v%s reads the same', async (dtd) => {
    const text = await xmlOf(dtd, (machine) => machine.setReading(here, 'power.draw', '301.50'));
    expect(text).toContain(`nvsmi_device_v${dtd}.dtd`);
    expect(parseSmiXml(text)).toMatchObject({
      lost: [],
      gpus: [
        {
          address: here,
          index: 0,
          uuid,
          name: 'NVIDIA H200',
          driver: '590.48.01',
          vbios: '96.00.A5.00.03',
          computeCapability: null,
          mig: { current: false, pending: false },
          memory: { total: 143771 * 2 ** 20, used: 0 },
          utilization: { gpu: 0, memory: 0 },
          temperature: { gpu: 28, memory: 32 },
          power: { draw: 301.5, limit: 700 },
          ecc: { corrected: 0, uncorrected: 0 },
          rows: { corrected: 0, uncorrected: 0, pending: false, failure: false },
          retirementPending: null,
          recoveryAction: 'None',
          fabric: 'Completed',
          slowdowns: [],
          isIdle: true,
          link: { generation: 5, maxGeneration: 5, width: 16, maxWidth: 16 },
          processes: [],
          signs: [],
        },
      ],
    });
  });

  it.each([11, 12, 13] as const)('of document type v%s tells of trouble', async (dtd) => {
    const text = await xmlOf(dtd, (machine) => {
      machine.setReading(here, 'gpu_recovery_action', 'Reset');
      machine.setReading(here, 'remapped_rows.pending', 'Yes');
      machine.setReading(here, 'ecc.errors.uncorrected.volatile.total', '3');
      machine.setReading(here, 'clocks_event_reasons.hw_thermal_slowdown', 'Active');
      machine.setReading(here, 'temperature.memory', '[Unknown Error]');
      machine.hold(here, '/usr/bin/python3 train.py');
    });
    expect(parseSmiXml(text).gpus).toMatchObject([
      {
        recoveryAction: 'Reset',
        rows: { pending: true },
        ecc: { uncorrected: 3 },
        slowdowns: ['hw thermal slowdown'],
        temperature: { memory: null },
        signs: ['Unknown Error'],
        processes: [{ pid: 4200, name: '/usr/bin/python3' }],
      },
    ]);
  });

  it('names the GPUs that the tool complains of before the document', async () => {
    const text = await xmlOf(13);
    const complaint = 'Unable to determine the device handle for GPU 0000:84:00.0: Unknown Error\n';
    expect(parseSmiXml(`${complaint}${text}`).lost).toEqual(['0000:84:00.0']);
  });

  it('refuses what is no such document, and what is beyond all measure', async () => {
    const text = await xmlOf(13);
    const bomb = '<!DOCTYPE a [<!ENTITY b "cccc"><!ENTITY d "&b;&b;">]><nvidia_smi_log>&d;</nvidia_smi_log>';
    for (const wrong of [
      '',
      'No devices were found\n',
      text.slice(0, -30),
      text.replace('</uuid>', ''),
      text.replaceAll('nvidia_smi_log', 'other'),
      `<nvidia_smi_log>${'<a>'.repeat(100)}${'</a>'.repeat(100)}</nvidia_smi_log>`,
      `<nvidia_smi_log>${'<a/>'.repeat(200_001)}</nvidia_smi_log>`,
      bomb,
    ])
      expect(() => parseSmiXml(wrong)).toThrow(expect.toSatisfy(isDriverError));
  });
});

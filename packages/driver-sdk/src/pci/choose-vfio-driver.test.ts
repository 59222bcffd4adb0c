import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { observeMachine } from '../machine/observe-machine.ts';
import { buildMachine, plainCard, sriovNic } from '../simulator/index.ts';
import { chooseVfioDriver, matchingVariants } from './choose-vfio-driver.ts';

const aliases = `# Aliases extracted from modules themselves.
alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci
alias pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_core
alias vfio_pci:v000015B3d0000101Csv*sd*bc*sc*i* mlx5_vfio_pci
alias vfio_pci:v000015B3d*sv*sd*bc*sc*i* other_vfio_pci
`;
const nic = '0000:05:00.0';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'variants-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

it('prefers the pattern with the fewest wild cards, and takes no other module for a VFIO driver', () => {
  const modalias = 'pci:v000015B3d0000101Csv000015B3sd00000002bc02sc00i00';
  expect(matchingVariants(aliases, modalias)).toEqual(['mlx5_vfio_pci', 'other_vfio_pci']);
  expect(matchingVariants(aliases, modalias.replace('15B3d', '8086d'))).toEqual([]);
});

it('takes the variant that is loaded for the card, and reads no list where none is', async () => {
  const cards = [sriovNic({ address: nic, model: 'ConnectX-6', numVfs: 1 })];
  const { machine, plug, setFile } = buildMachine({ root, cards });
  const reads: string[] = [];
  const observed = observeMachine(machine, {
    before: (call) => void ('path' in call && reads.push(call.path)),
  });
  expect(await chooseVfioDriver(observed, '0000:05:00.1')).toBe('vfio-pci');
  expect(reads).toEqual(['/sys/bus/pci/drivers']);
  setFile('/lib/modules/6.1.0/modules.alias', aliases);
  setFile('/proc/sys/kernel/osrelease', '6.1.0\n');
  plug(
    plainCard({
      address: '0000:06:00.0',
      vendor: '1d55',
      device: '0001',
      class: '020000',
      driver: 'mlx5_vfio_pci',
    }),
  );
  expect(await chooseVfioDriver(machine, '0000:05:00.1')).toBe('mlx5_vfio_pci');
  expect(await chooseVfioDriver(machine, '0000:06:00.0')).toBe('vfio-pci');
});

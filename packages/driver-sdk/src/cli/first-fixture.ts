import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definePciDriver, type PciDriverTable } from '../define-pci-driver.ts';
import type { DriverManifest } from '../driver-manifest.ts';
import { recordDriver } from '../recording/record-driver.ts';
import type { Recording } from '../recording/recording.ts';
import { buildMachine } from '../simulator/build-machine.ts';
import { plainCard } from '../simulator/cards/platform-functions.ts';

interface FirstFixture {
  readonly table: PciDriverTable;
  readonly permissions: DriverManifest['permissions'];
  readonly card: { readonly vendor: string; readonly device: string };
  readonly provenance: Readonly<Record<string, string>>;
}

/** A recording of one simulated card, to begin with until there is one of real hardware. */
export async function recordFirstFixture(made: FirstFixture): Promise<Recording> {
  const above = mkdtempSync(join(tmpdir(), 'cyborg-driver-'));
  try {
    const card = plainCard({
      address: '0000:05:00.0',
      ...made.card,
      class: '120000',
      serial: '0a1b2c3d4e5f6071',
    });
    const { machine } = buildMachine({ root: join(above, 'root'), cards: [card] });
    return await recordDriver({
      ...made,
      driver: definePciDriver(made.table),
      config: { written: {}, parsed: {} },
      machine,
      machineNames: [],
      salt: 'simulated',
    });
  } finally {
    rmSync(above, { recursive: true, force: true });
  }
}

import { DiscoveredDevice, OperationOutcome } from '@cyborgjs/core';
import { type HeldAttachments, listHeldAttachments, type RecordStore } from '@cyborgjs/driver-sdk/host';
import { z } from 'zod';

const Admission = z.object({
  revision: z.int(),
  open: z.array(z.object({ driver: z.string(), identity: z.string() })),
});
/** Which devices the operator has opened, as the conductor last said. */
export type Admission = z.output<typeof Admission>;

const OperationEntry = z.object({
  startedAt: z.int(),
  bootId: z.string(),
  ended: z.object({ at: z.int(), outcome: OperationOutcome }).nullable(),
});
export type OperationEntry = z.output<typeof OperationEntry>;

const Inventory = z.object({ observedAt: z.int(), devices: z.array(DiscoveredDevice) });
export type Inventory = z.output<typeof Inventory>;

const Run = z.object({ number: z.int() });
const Identities = z.object({ bootId: z.string(), byAddress: z.record(z.string(), z.string()) });
const Traits = z.object({ names: z.array(z.string()) });

/**
 * What an agent must not forget: on its own disk, because it has to know what is there, what is open and what
 * has been done while conductor, database and Placement are away.
 */
export interface Ledger {
  /** Number of this run, greater than any before it even when the clock went back. */
  nextRun(now: number): Promise<number>;
  admission(): Promise<Admission>;
  writeAdmission(admission: Admission): Promise<void>;
  operation(id: string): Promise<OperationEntry | undefined>;
  writeOperation(id: string, entry: OperationEntry): Promise<void>;
  /** Forgets operations that ended before a time. */
  forgetOperations(endedBefore: number): Promise<void>;
  /** What the journals of its drivers hold, also of drivers that no longer run. */
  attachments(): Promise<HeldAttachments>;
  inventories(): Promise<Map<string, Inventory>>;
  writeInventory(driver: string, inventory: Inventory): Promise<void>;
  removeInventory(driver: string): Promise<void>;
  /** Identities by address that were read in the given boot; of an earlier boot they mean nothing. */
  identities(driver: string, bootId: string): Promise<Map<string, string>>;
  writeIdentities(driver: string, bootId: string, byAddress: ReadonlyMap<string, string>): Promise<void>;
  /** Traits that this host's drivers ever reported, so that we know our own in Placement. */
  claimedTraits(): Promise<Set<string>>;
  writeClaimedTraits(names: ReadonlySet<string>): Promise<void>;
}

const operations = { name: 'operation', schema: OperationEntry };
const inventories = { name: 'inventory', schema: Inventory };
const identities = { name: 'identities', schema: Identities };
const runs = { name: 'agent', schema: Run };
const admissions = { name: 'agent', schema: Admission };
const traits = { name: 'agent', schema: Traits };

/** The ledger over a record store. */
export function createLedger(records: RecordStore): Ledger {
  return {
    async nextRun(now) {
      const last = await records.read(runs, 'run');
      const number = Math.max(now, (last?.number ?? 0) + 1);
      await records.write(runs, 'run', { number });
      return number;
    },
    admission: async () => (await records.read(admissions, 'admission')) ?? { revision: -1, open: [] },
    writeAdmission: ({ revision, open }) => records.write(admissions, 'admission', { revision, open }),
    operation: (id) => records.read(operations, id),
    writeOperation: (id, entry) => records.write(operations, id, entry),
    async forgetOperations(endedBefore) {
      for (const [id, entry] of await records.readAll(operations))
        if (entry.ended !== null && entry.ended.at < endedBefore) await records.remove(operations, id);
    },
    attachments: () => listHeldAttachments(records),
    inventories: () => records.readAll(inventories),
    writeInventory: (driver, inventory) => records.write(inventories, driver, inventory),
    removeInventory: (driver) => records.remove(inventories, driver),
    async identities(driver, bootId) {
      const known = await records.read(identities, driver);
      return new Map(known?.bootId === bootId ? Object.entries(known.byAddress) : []);
    },
    writeIdentities: (driver, bootId, byAddress) =>
      records.write(identities, driver, { bootId, byAddress: Object.fromEntries(byAddress) }),
    claimedTraits: async () => new Set((await records.read(traits, 'traits'))?.names),
    writeClaimedTraits: (names) => records.write(traits, 'traits', { names: [...names].sort() }),
  };
}

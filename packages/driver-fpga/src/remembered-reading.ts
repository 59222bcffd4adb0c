import { type DriverContext, isDriverError } from '@cyborgjs/driver-sdk';
import { z } from 'zod';
import type { IntelReading } from './intel-reading.ts';

const Facts = z.object({
  region: z.string().nullable(),
  bitstreamId: z.string().nullable(),
  functions: z.array(z.string()),
});
type Facts = z.output<typeof Facts>;

const Remembered = z.object({
  /** Identity of the card; null where it could not be read. */
  card: z.string().nullable(),
  /** By address of the function, physical or virtual. */
  facts: z.record(z.string(), Facts),
});

/** Answers for what a function shows now, and for what it last showed. */
export interface ReadingMemory {
  /** The reading of a function, with what it last showed where it shows nothing now. */
  complete(address: string, reading: IntelReading | undefined): IntelReading | undefined;
  /** Keeps what was seen, where it is new. */
  save(): Promise<void>;
}

/**
 * What a card showed in this boot while the host's driver had it. With a guest it shows neither region nor functions,
 * and is the same card: what it offers must not change by that. A restart of the machine loads it anew.
 */
export async function recallReadings(
  { store, log }: Pick<DriverContext, 'store' | 'log'>,
  address: string,
  card: string | null,
): Promise<ReadingMemory> {
  const key = `reading/${address}`;
  const { data } = Remembered.safeParse(await store.get(key));
  const before = data?.card === card ? data.facts : {};
  const facts: Record<string, Facts> = { ...before };
  return {
    complete: (fn, reading) => {
      const last = before[fn];
      if (reading === undefined) return last && asReading(last);
      const now = {
        region: reading.region ?? last?.region ?? null,
        bitstreamId: reading.bitstreamId ?? last?.bitstreamId ?? null,
        functions: [...reading.functions],
      };
      facts[fn] = now;
      return { ...reading, ...asReading(now), managerState: reading.managerState, errors: reading.errors };
    },
    save: async () => {
      if (JSON.stringify({ card, facts }) === JSON.stringify(data)) return;
      try {
        await store.set(key, { card, facts }, { until: 'reboot' });
      } catch (error) {
        if (!isDriverError(error)) throw error;
        log.warn(`what ${address} shows cannot be kept: ${error.message}`);
      }
    },
  };
}

const asReading = ({ region, bitstreamId, functions }: Facts): IntelReading => ({
  region: region ?? undefined,
  bitstreamId: bitstreamId ?? undefined,
  functions,
  managerState: undefined,
  errors: {},
});

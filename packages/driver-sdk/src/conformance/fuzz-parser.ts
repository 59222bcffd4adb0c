import { isDriverError } from '../driver-error.ts';
import { mutateInput, seededRandom } from './mutate-input.ts';

/** A parser and what it is fed with. Texts are mutated as Latin-1 bytes and handed over as the strings they then are. */
export interface FuzzTarget {
  /** For people: `nvidia-smi XML`. */
  readonly name: string;
  /** Inputs that are right, from which the wrong ones are made. */
  readonly samples: readonly (string | Uint8Array)[];
  /** Pieces that parsers of this form stumble over: markers, numbers, tags. */
  readonly words?: readonly string[];
  /** A promise is waited for. */
  parse(input: string | Uint8Array): unknown;
}

export interface FuzzOptions {
  /** How many inputs to make. */
  readonly inputs: number;
  /** The same seed makes the same inputs. */
  readonly seed: number;
  /** An input that takes longer than this is a finding. Milliseconds. */
  readonly mostMs: number;
  /** Milliseconds from any start; need not be whole. */
  readonly now: () => number;
}

/** What came of it: no finding is what is wanted. */
export interface FuzzReport {
  readonly name: string;
  readonly inputs: number;
  /** Inputs that were refused with a `DriverError`. */
  readonly refused: number;
  readonly slowestMs: number;
  /** The first input that was answered otherwise, as base64, and how. */
  readonly finding: { readonly input: string; readonly what: string } | undefined;
}

/**
 * Feeds a parser with damaged inputs. It may make of them what it can, or refuse them with a `DriverError`; any other
 * error, and one input that takes long, is a finding and ends it.
 *
 * @example
 * const report = await fuzzParser(
 *   { name: 'numbers', samples: ['17'], parse: (text) => Number(text) },
 *   { inputs: 100, seed: 1, mostMs: 100, now: () => performance.now() },
 * );
 */
export async function fuzzParser(
  target: FuzzTarget,
  { inputs, seed, mostMs, now }: FuzzOptions,
): Promise<FuzzReport> {
  const random = seededRandom(seed);
  const isText = target.samples.some((sample) => typeof sample === 'string');
  const samples = target.samples.map((sample) => Buffer.from(sample as string, 'latin1'));
  const words = (target.words ?? []).map((word) => Buffer.from(word, 'latin1'));
  let refused = 0;
  let slowestMs = 0;
  for (let made = 1; made <= inputs; made += 1) {
    const bytes = mutateInput(random, { samples, words });
    const startedAt = now();
    const what = await tryParse(target, isText ? bytes.toString('latin1') : new Uint8Array(bytes));
    const tookMs = now() - startedAt;
    slowestMs = Math.max(slowestMs, tookMs);
    if (what === 'refused') refused += 1;
    const complaint = what === 'refused' || what === undefined ? lateness(tookMs, mostMs) : what;
    if (complaint === undefined) continue;
    const finding = { input: bytes.toString('base64'), what: complaint };
    return { name: target.name, inputs: made, refused, slowestMs, finding };
  }
  return { name: target.name, inputs, refused, slowestMs, finding: undefined };
}

async function tryParse(target: FuzzTarget, input: string | Uint8Array): Promise<string | undefined> {
  try {
    await target.parse(input);
    return undefined;
  } catch (error) {
    if (isDriverError(error)) return 'refused';
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

const lateness = (tookMs: number, mostMs: number): string | undefined =>
  tookMs > mostMs ? `it took ${Math.round(tookMs)} ms` : undefined;

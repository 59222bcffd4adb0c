import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createContext } from '../src/conformance/create-context.ts';
import {
  type AskDriver,
  createMemoryRecords,
  createMutationGuard,
  listHeldAttachments,
  type MutatingVerb,
  type RecordStore,
  type VerbArgument,
} from '../src/host/index.ts';
import {
  type AttachRequest,
  DriverError,
  definePciDriver,
  observeMachine,
  type SeamCall,
} from '../src/index.ts';
import { buildMachine, createSimulatedMachine, sriovNic } from '../src/simulator/index.ts';

/** Of the card. */
export const address = '0000:17:00.0';
const driver = definePciDriver({
  match: { vendor: '8086', device: '1592' },
  kind: 'NIC',
  resourceClass: 'CUSTOM_NIC',
  model: 'E810',
});

/** What happens at a use of the seam: it fails, or the process is gone. */
type Fault = (call: SeamCall) => DriverError | 'crash' | undefined;

interface GuardBenchInit {
  readonly records?: RecordStore;
  readonly root?: string;
  readonly bootId?: string;
}

/** A driver in this process on a simulated card with virtual functions, behind a guard, as one run of an agent. */
export function openGuard({
  records = createMemoryRecords(),
  root = aMachine(),
  bootId = 'boot-1',
}: GuardBenchInit = {}) {
  const calls: SeamCall[] = [];
  let fault: Fault = () => undefined;
  const crashed = Promise.withResolvers<'crashed'>();
  const sys = observeMachine(createSimulatedMachine({ root }), {
    before: (call) => {
      calls.push(call);
      const now = fault(call);
      if (now === 'crash') {
        crashed.resolve('crashed');
        return new Promise<void>(() => {});
      }
      if (now !== undefined) throw now;
    },
  });
  const ask = ((verb: 'attach', argument: AttachRequest) =>
    driver[verb](createContext({ config: {}, sys }), argument)) as AskDriver;
  const guard = createMutationGuard({ driver: 'nic', records, bootId, now: () => 1000, ask });
  const signal = new AbortController().signal;
  return {
    root,
    records,
    guard,
    calls,
    crashed: crashed.promise,
    writes: () => calls.filter(({ verb }) => verb === 'write').length,
    setFault: (next: Fault) => {
      fault = next;
    },
    mutate: <Verb extends MutatingVerb>(verb: Verb, argument: VerbArgument[Verb], force = false) =>
      guard.mutate({ verb, argument, force, signal }, async () => ask),
    statusOf: (request: AttachRequest) => ask('status', request),
    held: async () => (await listHeldAttachments(records)).attachments,
    handles: async () => {
      const [card] = await ask('discover', {});
      return card?.deployables.flatMap(({ handles }) => handles.map(({ id }) => id)) ?? [];
    },
    identity: async () => (await ask('discover', {}))[0]?.identity ?? '',
  };
}

function aMachine(): string {
  const root = mkdtempSync(join(tmpdir(), 'guarded-machine-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  buildNic(root, 4);
  return root;
}

export type GuardBench = ReturnType<typeof openGuard>;

/** A request to attach one of its handles; what was asked for before is forgotten. */
export async function requestOn(bench: GuardBench, consumer = 'a', index = 0): Promise<AttachRequest> {
  const handles = await bench.handles();
  const request: AttachRequest = {
    device: { identity: await bench.identity(), address },
    handle: { id: handles[index] ?? '', type: 'PCI' },
    consumer: { type: 'instance', id: consumer, via: 'direct' },
    options: {},
  };
  bench.calls.length = 0;
  return request;
}

/** What a promise fails with. */
export async function failureOf(promise: Promise<unknown>): Promise<DriverError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof DriverError) return error;
  throw new Error(`not a DriverError: ${String(error)}`);
}

/** Builds the machine with a card of so many functions. */
export function buildNic(root: string, numVfs: number): void {
  buildMachine({ root, cards: [sriovNic({ address, numVfs })] });
}

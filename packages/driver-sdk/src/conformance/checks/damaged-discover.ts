import { DiscoveredDevice } from '@cyborgjs/core';
import { type Bench, describeOutcome, sameAnswer } from '../bench.ts';
import type { CallOutcome } from '../call-driver.ts';
import { describeCall, type Fault, type SeamUse, targetOf } from '../fault-machine.ts';

/**
 * Runs a discovery with one use of the seam made to answer otherwise, and expects what must hold whatever that
 * answer was: it ends well, every other card is reported as before, and no card takes another identity.
 */
export async function discoverDamaged(bench: Bench, call: SeamUse, fault: Fault): Promise<void> {
  const golden = await bench.inventory();
  const outcome = await bench.trial((trial) =>
    trial.call('discover', undefined, {
      plan: ({ index }) => (index === call.index ? fault : undefined),
    }),
  );
  const told = fault.kind === 'answer' ? JSON.stringify(fault.value)?.slice(0, 40) : fault.kind;
  const story = `when ${describeCall(call)} gave ${told ?? 'nothing'}, discover`;
  const devices = answeredDevices(outcome);
  bench.expect(
    devices !== undefined,
    () => `${story} ${describeOutcome(outcome)}; expected the inventory, that one card unknown or left out`,
  );
  if (devices === undefined) return;
  for (const device of golden)
    expectTolerable(bench, {
      device,
      found: devices.find(({ address }) => address === device.address),
      story,
      call,
    });
  const strangers = devices.filter(({ address }) => !golden.some((device) => device.address === address));
  bench.expect(
    strangers.length === 0,
    () =>
      `${story} reported ${strangers.map(({ address }) => address).join(', ')}, which was not there before`,
  );
}

interface Comparison {
  readonly device: DiscoveredDevice;
  readonly found: DiscoveredDevice | undefined;
  readonly story: string;
  readonly call: SeamUse;
}

function expectTolerable(bench: Bench, { device, found, story, call }: Comparison): void {
  const mayDiffer = concerns(call, device);
  if (mayDiffer === 'no') {
    bench.expect(
      sameAnswer(found, device),
      () => `${story} reported ${device.address} otherwise, or not at all`,
    );
    return;
  }
  if (mayDiffer === 'shared')
    bench.expect(found !== undefined, () => `${story} left out ${device.address}, which is there`);
  if (found === undefined) return;
  bench.expect(
    found.identity === device.identity || found.identity === null,
    () =>
      `${story} gave ${device.address} the identity ${found.identity}; expected ${device.identity} or null`,
  );
  const known = handlesOf(device);
  const invented = handlesOf(found).filter((id) => !known.includes(id));
  bench.expect(
    invented.length === 0,
    () =>
      `${story} offered ${invented.join(', ')} on ${device.address}; it has only ${known.join(', ') || 'none'}`,
  );
}

const handlesOf = ({ deployables }: DiscoveredDevice): string[] =>
  deployables.flatMap(({ handles }) => handles.map(({ id }) => id));

/**
 * Whether a use of the seam is about this card (its path names one of the card's functions), about another one,
 * or about none in particular.
 */
function concerns(call: SeamUse, device: DiscoveredDevice): 'yes' | 'no' | 'shared' {
  const addresses = targetOf(call).match(/[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]/g) ?? [];
  const own = [device.address, ...handlesOf(device)].map(slotOf);
  if (addresses.some((address) => own.includes(slotOf(address)))) return 'yes';
  return addresses.length > 0 ? 'no' : 'shared';
}

const slotOf = (address: string): string => address.replace(/\.[0-7]$/, '');

function answeredDevices(outcome: CallOutcome): readonly DiscoveredDevice[] | undefined {
  if (outcome.kind !== 'answered') return undefined;
  const parsed = DiscoveredDevice.array().safeParse(outcome.value);
  return parsed.success ? parsed.data : undefined;
}

/** The uses of the seam of a healthy discovery that are about cards: all but the first list, the one of them. */
export async function goldenDiscoverCalls(bench: Bench): Promise<readonly SeamUse[]> {
  const outcome = await bench.trial(({ call }) => call('discover'));
  const enumeration = outcome.calls.find(({ verb }) => verb === 'list');
  return outcome.calls.filter((use) => use !== enumeration);
}

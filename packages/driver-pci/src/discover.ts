import type { DiscoveredDevice, DiscoveredHandle, PciAddress } from '@cyborgjs/core';
import {
  type DriverContext,
  describePciCard,
  groupProblem,
  type Machine,
  orAbsent,
  type PciFunction,
  type PciNames,
  pciHandle,
  readPciFunction,
  readPciNames,
  scanPci,
  statusVfio,
} from '@cyborgjs/driver-sdk';
import { type CardPlan, planCard } from './card-plan.ts';
import { compileRules, matchOf } from './compile-rules.ts';
import type { PciConfig, PciRule } from './config.ts';
import { kindOf } from './kind.ts';
import { pciTraits } from './traits.ts';

/** The cards of which the settings allow something to be given out. */
export async function discoverCards({
  sys,
  config: { devices: rules },
}: DriverContext<PciConfig>): Promise<DiscoveredDevice[]> {
  if (rules.length === 0) return [];
  const fitting = await scanPci(sys, { match: rules.map(matchOf) });
  const ruleOf = compileRules(rules);
  const plans: CardPlan[] = [];
  for (const physical of await physicalFunctions(sys, fitting)) {
    const plan = planCard({
      physical,
      rule: ruleOf(physical),
      fitting: fitting.flatMap((fn) => {
        const rule = fn.physfn === physical.address ? ruleOf(fn) : undefined;
        return rule === undefined ? [] : [{ address: fn.address, rule }];
      }),
    });
    if (plan !== undefined) plans.push(plan);
  }
  // More than a megabyte: read once, and only where a name is missing.
  const names = plans.some(({ rule }) => rule.model === undefined) ? await readPciNames(sys) : undefined;
  const devices: DiscoveredDevice[] = [];
  for (const plan of plans) devices.push(await describeDevice(sys, plan, names));
  return withoutSharedIdentities(devices);
}

/** The physical functions that fit, and those of which a virtual function does. */
async function physicalFunctions(sys: Machine, fitting: readonly PciFunction[]): Promise<PciFunction[]> {
  const found = new Map<PciAddress, PciFunction>();
  for (const fn of fitting) if (fn.physfn === undefined) found.set(fn.address, fn);
  for (const { physfn } of fitting) {
    if (physfn === undefined || found.has(physfn)) continue;
    const physical = await readPciFunction(sys, physfn);
    if (physical !== undefined) found.set(physfn, physical);
  }
  return [...found.values()].sort((left, right) => (left.address < right.address ? -1 : 1));
}

async function describeDevice(
  sys: Machine,
  { physical, rule, offered }: CardPlan,
  names: PciNames | undefined,
): Promise<DiscoveredDevice> {
  const { vendor, device } = physical;
  const [first = physical.address] = offered;
  const sample = first === physical.address ? physical : await readPciFunction(sys, first);
  const { handles, notOffered } = await viableHandles(sys, rule, offered);
  const traits = new Set([...pciTraits({ vendor, product: sample?.device ?? device, rule }), ...rule.traits]);
  const facts = await describePciCard(sys, physical);
  return {
    ...facts,
    attributes: {
      ...facts.attributes,
      ...(physical.sriov === undefined
        ? {}
        : { virtual_functions: `${physical.sriov.numVfs} of ${physical.sriov.totalVfs}` }),
      ...(notOffered === undefined ? {} : { not_offered: notOffered.slice(0, 1024) }),
    },
    kind: kindOf(physical.class),
    model: rule.model ?? names?.device(vendor, device)?.slice(0, 255) ?? `PCI ${vendor}:${device}`,
    deployables: [
      { name: physical.address, resourceClass: rule.resourceClass, traits: [...traits], handles },
    ],
  };
}

/**
 * The handles of the functions that can go to a guest, and why the others cannot. One that is given out stays, even if
 * something in its group is bound meanwhile: it is not free, and it is not gone.
 */
async function viableHandles(
  sys: Machine,
  { physicalNetwork }: PciRule,
  offered: readonly PciAddress[],
): Promise<{ readonly handles: DiscoveredHandle[]; readonly notOffered: string | undefined }> {
  const handles: DiscoveredHandle[] = [];
  const reasons: string[] = [];
  for (const address of offered) {
    const problem = await offerProblem(sys, address);
    if (problem !== undefined) {
      reasons.push(problem);
      continue;
    }
    const handle = pciHandle(address);
    const network = physicalNetwork === undefined ? {} : { physical_network: physicalNetwork };
    handles.push({ ...handle, info: { ...handle.info, ...network } });
  }
  return { handles, notOffered: reasons.length === 0 ? undefined : reasons.join('; ') };
}

/** Why a free function cannot be given out; undefined also where that cannot be said now: attach looks again. */
function offerProblem(sys: Machine, address: PciAddress): Promise<string | undefined> {
  return orAbsent(async () => {
    const problem = await groupProblem(sys, address);
    const isFree = problem !== undefined && (await statusVfio(sys, address)) === 'detached';
    return isFree ? problem.message : undefined;
  });
}

/** Makers that give all their cards one serial number exist: it tells none of them apart. */
function withoutSharedIdentities(devices: readonly DiscoveredDevice[]): DiscoveredDevice[] {
  return devices.map((device) => {
    const isShared = devices.some((other) => other !== device && other.identity === device.identity);
    return isShared ? { ...device, identity: null } : device;
  });
}

import type { DiscoveredDevice, PciAddress } from '@cyborgjs/core';
import {
  type DriverContext,
  describePciCard,
  type Machine,
  type PciFunction,
  pciHandle,
  readPciFunction,
  scanPci,
} from '@cyborgjs/driver-sdk';
import { type CardPlan, planCard } from './card-plan.ts';
import { compileRules, matchOf } from './compile-rules.ts';
import type { PciConfig } from './config.ts';
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
  const devices: DiscoveredDevice[] = [];
  for (const physical of await physicalFunctions(sys, fitting)) {
    const plan = planCard({
      physical,
      rule: ruleOf(physical),
      fitting: fitting.flatMap((fn) => {
        const rule = fn.physfn === physical.address ? ruleOf(fn) : undefined;
        return rule === undefined ? [] : [{ address: fn.address, rule }];
      }),
    });
    if (plan !== undefined) devices.push(await describeDevice(sys, plan));
  }
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
): Promise<DiscoveredDevice> {
  const [first = physical.address] = offered;
  const sample = first === physical.address ? physical : await readPciFunction(sys, first);
  const product = sample?.device ?? physical.device;
  const traits = new Set([...pciTraits({ vendor: physical.vendor, product }), ...rule.traits]);
  return {
    ...(await describePciCard(sys, physical)),
    kind: kindOf(physical.class),
    model: rule.model ?? `PCI ${physical.vendor}:${physical.device}`,
    deployables: [
      {
        name: physical.address,
        resourceClass: rule.resourceClass,
        traits: [...traits],
        handles: offered.map(pciHandle),
      },
    ],
  };
}

/** Makers that give all their cards one serial number exist: it tells none of them apart. */
function withoutSharedIdentities(devices: readonly DiscoveredDevice[]): DiscoveredDevice[] {
  return devices.map((device) => {
    const isShared = devices.some((other) => other !== device && other.identity === device.identity);
    return isShared ? { ...device, identity: null } : device;
  });
}

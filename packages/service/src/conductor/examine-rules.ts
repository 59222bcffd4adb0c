import type { RuleFit } from '@cyborgjs/core';
import { describeRule, namedRules, ruleFor } from './auto-ready.ts';
import type { ConductorContext } from './conductor.ts';

const devicesAtOnce = 500;

/** The rules that make devices ready, and how many of the devices that are there each of them is for. */
export async function examineRules({
  store,
  settings: { autoReady },
}: Pick<ConductorContext, 'store' | 'settings'>): Promise<readonly RuleFit[]> {
  if (autoReady.length === 0) return [];
  const counts = new Map<string, number>();
  let marker: string | undefined;
  do {
    const { items, next } = await store.devices.list({ limit: devicesAtOnce, marker });
    for (const device of items.filter(({ state }) => state !== 'gone')) {
      const name = ruleFor(device, autoReady)?.name;
      if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    marker = next ?? undefined;
  } while (marker !== undefined);
  return namedRules(autoReady).map(({ name, rule }) => ({
    name,
    text: describeRule(rule),
    devices: counts.get(name) ?? 0,
  }));
}

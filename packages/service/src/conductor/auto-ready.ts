import { matchesPattern } from '@cyborgjs/core';
import type { StoredDevice } from '../store/device.ts';

/**
 * Which new devices are made ready without an operator, and how. Conditions are patterns (`*`, `?`), and all that are
 * given must hold.
 */
export interface AutoReadyRule {
  readonly driver?: string | undefined;
  readonly vendor?: string | undefined;
  readonly model?: string | undefined;
  readonly host?: string | undefined;
  /** One that a part of the device has. */
  readonly trait?: string | undefined;
  /** Layout wanted; left out: the driver's default. */
  readonly profile?: string | undefined;
  readonly options?: Readonly<Record<string, string>> | undefined;
}

/** A rule by its name: what it had done shows that name as the asker. */
export interface NamedRule {
  readonly name: string;
  readonly rule: AutoReadyRule;
}

/** What of a device rules look at. */
export type RuledDevice = Pick<StoredDevice, 'driver' | 'vendor' | 'model' | 'host'> & {
  readonly deployables: readonly Pick<StoredDevice['deployables'][number], 'traits'>[];
};

const conditions = ['driver', 'vendor', 'model', 'host', 'trait'] as const;

/** The rules in their order: `rule:1`, `rule:2`. */
export const namedRules = (rules: readonly AutoReadyRule[]): readonly NamedRule[] => rules.map(nameRule);

const nameRule = (rule: AutoReadyRule, index: number): NamedRule => ({ name: `rule:${index + 1}`, rule });

/** The first rule whose conditions a device fulfils. */
export function ruleFor(device: RuledDevice, rules: readonly AutoReadyRule[]): NamedRule | undefined {
  const index = rules.findIndex((rule) => fits(device, rule));
  const rule = rules[index];
  return rule && nameRule(rule, index);
}

function fits(device: RuledDevice, rule: AutoReadyRule): boolean {
  return conditions.every((name) => {
    const pattern = rule[name];
    if (pattern === undefined) return true;
    const texts = name === 'trait' ? device.deployables.flatMap(({ traits }) => traits) : [device[name]];
    return texts.some((text) => matchesPattern(pattern, text));
  });
}

/** A rule for people: `driver gpu, host node-*; profile whole`. */
export function describeRule(rule: AutoReadyRule): string {
  const how = [
    ...(rule.profile === undefined ? [] : [`profile ${rule.profile}`]),
    ...Object.entries(rule.options ?? {}).map(([name, value]) => `${name}=${value}`),
  ];
  const which = conditions.flatMap((name) => (rule[name] === undefined ? [] : [`${name} ${rule[name]}`]));
  return [which.join(', '), ...(how.length === 0 ? [] : [how.join(', ')])].join('; ');
}

/**
 * What can be said against a rule before there are devices; undefined when nothing can.
 *
 * @param drivers Ids of the drivers that are known where the rules are.
 */
export function doubtOf(
  { name, rule }: NamedRule,
  { rules, drivers }: { readonly rules: readonly NamedRule[]; readonly drivers: readonly string[] },
): string | undefined {
  const before = rules.slice(
    0,
    rules.findIndex((other) => other.name === name),
  );
  const wider = before.find((other) => isWider(other.rule, rule));
  if (wider !== undefined) return `never applies: whatever it fits, ${wider.name} fits too and comes first`;
  const { driver } = rule;
  if (driver === undefined || drivers.some((id) => matchesPattern(driver, id))) return undefined;
  return `fits no driver that is named here (${drivers.join(', ')}); right only if other hosts have it`;
}

/** Whether one rule surely fits everything that another fits. */
function isWider(one: AutoReadyRule, other: AutoReadyRule): boolean {
  return conditions.every((name) => {
    const [wide, narrow] = [one[name], other[name]];
    if (wide === undefined) return true;
    // Every device has a host, a driver, a vendor and a model, but not every one a trait.
    if (/^\*+$/.test(wide)) return name !== 'trait' || narrow !== undefined;
    return narrow !== undefined && wide.toLowerCase() === narrow.toLowerCase();
  });
}

import { type Device, DeviceKind, DeviceState, Health, matchesPattern } from '@cyborgjs/core';
import { type Command, Option } from 'commander';
import type { CallOptions } from '../call-api.ts';
import type { CyborgClient } from '../cyborg-client.ts';
import type { DeviceFilter } from '../devices.ts';
import { oneOf } from './choices.ts';

/** Which devices are meant, by what they are; all conditions must hold. Names and texts are patterns (`*`, `?`). */
export interface DeviceConditions extends Pick<DeviceFilter, 'kind' | 'vendor' | 'state' | 'health'> {
  readonly host?: string;
  readonly driver?: string;
  readonly model?: string;
  /** One that a part of the device has. */
  readonly trait?: string;
  /** Text to be found in what people know the device by. */
  readonly search?: string;
}

/** Adds the options that say which devices are meant. */
export function addConditionOptions(command: Command): Command {
  return command
    .option('--host <pattern>', 'only those of such hosts: node-1, "node-*"')
    .option('--driver <pattern>', 'only those found by such drivers')
    .option('--kind <kind>', `only of this kind: ${DeviceKind.options.join(', ')}`, oneOf(DeviceKind.options))
    .option('--vendor <id>', 'only of this vendor, by PCI vendor id such as 10de')
    .option('--model <pattern>', 'only of such models: "NVIDIA H200*"')
    .option('--trait <pattern>', 'only those with such a trait: CUSTOM_GPU_NVIDIA')
    .addOption(new Option('--state <state>', 'only in this state').choices(DeviceState.options))
    .addOption(new Option('--health <health>', 'only of this health').choices(Health.shape.state.options))
    .option('--search <text>', 'only those with this text in what is known of them');
}

/** The conditions among the options of a command. */
export function conditionsIn(flags: DeviceConditions): DeviceConditions {
  const { host, driver, kind, vendor, model, trait, state, health, search } = flags;
  const all = { host, driver, kind, vendor, model, trait, state, health, search };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** The devices that fulfil the conditions, in order of arrival. The service looks at what it can look at. */
export async function* listByConditions(
  client: CyborgClient,
  { host, driver, model, trait, search, ...exact }: DeviceConditions,
  options: CallOptions,
): AsyncGenerator<Device, void, undefined> {
  const filter: DeviceFilter = {
    ...(isPlain(host) ? { host } : {}),
    ...(isPlain(driver) ? { driver } : {}),
    ...exact,
    ...(search === undefined ? {} : { q: search }),
  };
  const fits = (pattern: string | undefined, texts: readonly string[]) =>
    pattern === undefined || texts.some((text) => matchesPattern(pattern, text));
  for await (const device of client.devices.list(filter, options)) {
    const traits = device.deployables.flatMap((part) => part.traits);
    const names =
      fits(filter.host === undefined ? host : undefined, [device.host]) &&
      fits(filter.driver === undefined ? driver : undefined, [device.driver]);
    if (names && fits(model, [device.model]) && fits(trait, traits)) yield device;
  }
}

/** Whether a text means itself only. */
const isPlain = (text: string | undefined): text is string => text !== undefined && !/[*?]/.test(text);

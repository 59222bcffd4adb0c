import type { DiscoveredDevice } from '@cyborgjs/core';
import type { InstallRequest } from '../driver.ts';
import { type Bench, firstHandle, referenceTo, requestFor, roads, type Trial } from './bench.ts';
import type { CalledVerb, CallOptions, CallOutcome } from './call-driver.ts';
import { programRequest } from './program-request.ts';

/** A verb with a request, and the call that must come before it. */
export interface VerbStory {
  /** For people: `attach via nova`. */
  readonly name: string;
  readonly verb: CalledVerb;
  readonly request?: unknown;
  readonly before?: { readonly verb: CalledVerb; readonly request: unknown };
}

/** Whether a verb is there to change something. */
export const isMutating = ({ verb }: VerbStory): boolean =>
  verb !== 'discover' && verb !== 'status' && verb !== 'stats';

/** Every verb that the driver has, with a request that it can be expected to grant on this fixture. */
export async function storiesOf(bench: Bench): Promise<VerbStory[]> {
  const { driver } = bench.subject;
  const devices = await bench.inventory();
  const offered = await firstHandle(bench);
  const stories: VerbStory[] = [{ name: 'discover', verb: 'discover' }];
  if (driver.stats !== undefined)
    stories.push({ name: 'stats', verb: 'stats', request: devices.map(referenceTo) });
  if (offered === undefined) return stories;
  for (const road of roads) {
    const request = requestFor(offered, road);
    stories.push({ name: `status via ${road}`, verb: 'status', request });
    stories.push({ name: `attach via ${road}`, verb: 'attach', request });
    stories.push({
      name: `detach via ${road}`,
      verb: 'detach',
      request,
      before: { verb: 'attach', request },
    });
  }
  const request = installRequest(bench, offered.device);
  const isUndone = driver.uninstall !== undefined;
  if (driver.install !== undefined)
    stories.push({
      ...{ name: 'install', verb: 'install', request },
      ...(isUndone ? { before: { verb: 'uninstall', request } } : {}),
    });
  if (driver.install !== undefined && isUndone)
    stories.push({ name: 'uninstall', verb: 'uninstall', request, before: { verb: 'install', request } });
  const programming = await programRequest(bench);
  if (programming !== undefined) stories.push({ name: 'program', verb: 'program', request: programming });
  return stories;
}

/** The request to install a device with the fixture's layout. */
export function installRequest({ fixture }: Bench, device: DiscoveredDevice): InstallRequest {
  const { profile } = fixture;
  return { device: referenceTo(device), ...(profile === undefined ? {} : { profile }), options: {} };
}

/** Tells a story on a machine; `options` are of its own call, not of the one before. */
export async function tell(
  trial: Trial,
  { verb, request, before }: VerbStory,
  options: CallOptions = {},
): Promise<CallOutcome> {
  if (before !== undefined) await trial.call(before.verb, before.request);
  return trial.call(verb, request, options);
}

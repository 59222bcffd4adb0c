import { onTestFinished } from 'vitest';
import { type CyborgRun, runCyborg } from './run-cyborg.ts';
import { type ScriptedService, type ScriptedWorld, startScriptedService } from './scripted-service.ts';

/** A scripted service that ends with the test. */
export async function serve(world: ScriptedWorld): Promise<ScriptedService> {
  const service = await startScriptedService(world);
  onTestFinished(() => service.close());
  return service;
}

/** Runs the command against a scripted service of its own. */
export async function cyborgAgainst(
  world: ScriptedWorld,
  ...args: readonly string[]
): Promise<CyborgRun & { readonly service: ScriptedService }> {
  const service = await serve(world);
  const run = await runCyborg(args, { CYBORG_ENDPOINT: service.endpoint, CYBORG_TOKEN: 'secret' });
  return { ...run, service };
}

/** What a service was asked to do. */
export function posts({ seen }: ScriptedService): readonly string[] {
  return seen.filter(({ method }) => method === 'POST').map(({ url }) => url);
}

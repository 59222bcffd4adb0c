import { afterAll } from 'vitest';
import { type CyborgRun, runCyborg } from './run-cyborg.ts';
import { type ScriptedService, type ScriptedWorld, startScriptedService } from './scripted-service.ts';

const services: ScriptedService[] = [];
// Not when a test has finished: of tests that run side by side it is not known which one is asking.
afterAll(async () => {
  await Promise.all(services.map((service) => service.close()));
});

/** A scripted service that ends with the test file. */
export async function serve(world: ScriptedWorld): Promise<ScriptedService> {
  const service = await startScriptedService(world);
  services.push(service);
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

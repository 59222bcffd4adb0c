import { stringify } from 'yaml';
import { resolveDrivers } from './agent/open-drivers.ts';
import { printableConfig } from './config.ts';
import { type Config, configJsonSchema } from './config-schema.ts';
import { loadPolicy } from './policy-file.ts';

/** `cyborgd check-config`: says that the configuration holds, or throws what does not; prints it when asked. */
export function checkConfig(
  read: () => Config,
  flags: { readonly schema?: boolean; readonly print?: boolean },
): void {
  if (flags.schema) {
    process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    return;
  }
  const config = read();
  const drivers = config.agent.hosts.flatMap((host) => resolveDrivers(host.drivers ?? config.agent.drivers));
  if (config.api.policyFile !== null) loadPolicy(config.api.policyFile);
  if (flags.print) process.stdout.write(stringify(printableConfig(config)));
  else {
    const names = [...new Set(drivers.map((driver) => driver.package.manifest.id))].join(', ');
    process.stdout.write(`the configuration holds; drivers: ${names}\n`);
  }
}

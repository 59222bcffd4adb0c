import { startCyborg } from './compose.ts';
import type { Config } from './config-schema.ts';
import { exitCodeOf, tellFailure } from './exit-code.ts';
import { systemPorts } from './ports.ts';
import { partsOf, type Role } from './roles.ts';
import { welcome } from './welcome.ts';

/** How long a stop may take before the process ends anyway. */
const stopPatienceMs = 15_000;

/** Runs one role until a signal comes; a second signal ends the process at once. */
export async function serve(role: Role, config: Config, { demo }: { readonly demo: boolean }): Promise<void> {
  const ports = systemPorts(demo && config.log.level === 'info' ? 'warn' : config.log.level);
  const cyborg = await startCyborg(config, partsOf(role, config), ports);
  ports.log.info({ role, url: cyborg.url }, 'started');
  let isStopping = false;
  cyborg.scanned.catch((error: unknown) => {
    // Agents that were stopped before they had started have nothing to tell.
    if (isStopping) return;
    tellFailure(error);
    process.exit(exitCodeOf(error));
  });
  if (demo && cyborg.url !== null) {
    process.stdout.write(
      welcome({ url: cyborg.url, tokenFile: cyborg.tokenFile, stateDir: config.stateDir }),
    );
  }
  process.on('SIGHUP', () => {
    ports.log.info('reloading the drivers');
    cyborg
      .reload()
      .catch((error: unknown) => ports.log.error({ err: error }, 'the drivers were not reloaded'));
  });
  const signal = await nextSignal();
  isStopping = true;
  ports.log.info({ signal }, 'stopping');
  if (demo) process.stdout.write('\nStopping; everything is kept for the next start.\n');
  endAnywayAfter(stopPatienceMs);
  await cyborg.stop();
}

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        resolve(signal);
        process.once(signal, () => process.exit(130));
      });
    }
  });
}

function endAnywayAfter(ms: number): void {
  setTimeout(() => {
    process.stderr.write(
      `cyborgd: not stopped within ${ms / 1000} s; ending anyway, the next start takes up what is left\n`,
    );
    process.exit(75);
  }, ms).unref();
}

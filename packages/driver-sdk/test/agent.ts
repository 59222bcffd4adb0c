import { createDriverHost } from '../src/host/index.ts';
import { attachRequest, fixturePackage } from './fixture.ts';

/**
 * A little agent that a test kills: hosts one fixture driver, makes one call that does not end, and says `ready`.
 * Arguments: fixture, the driver id to run it under, its config as JSON, verb, root of the machine, options of the
 * request as JSON.
 */
const [fixture = '', id = '', config = '{}', verb = 'discover', root = '/', options = '{}'] =
  process.argv.slice(2);

const host = createDriverHost({
  package: fixturePackage(fixture, id),
  config: JSON.parse(config),
  machine: { kind: 'real', root },
  log: () => {},
  sandbox: { nodePermissions: fixture !== 'runs-tools' },
});
await host.start();
const call = host.call(
  verb as 'program',
  { ...attachRequest(), image: '/image', options: JSON.parse(options) },
  {
    onProgress: (_, note) => {
      if (note === 'writing') process.stdout.write('critical\n');
    },
  },
);
call.catch(() => {});
if (verb === 'discover' && fixture === 'runs-tools') await call;
process.stdout.write('ready\n');

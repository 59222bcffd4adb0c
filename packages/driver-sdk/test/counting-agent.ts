import { createDriverHost, createFileRecords } from '../src/host/index.ts';
import { fixturePackage } from './fixture.ts';

/**
 * A little agent that a test kills: has its driver count in its store, and prints each number that was kept.
 * Arguments: directory of the records, the driver id to run under.
 */
const [directory = '', id = ''] = process.argv.slice(2);

const host = createDriverHost({
  package: fixturePackage('remembers', id),
  config: {},
  machine: { kind: 'real', root: '/' },
  records: createFileRecords(directory),
  limits: { logLinesPerSecond: 100_000 },
  log: ({ message }) => {
    if (message.startsWith('counted ')) process.stdout.write(`${message}\n`);
  },
});
await host.start();
await host.call('install', { device: { identity: 'card-0', address: 'slot-0' }, options: { count: 'yes' } });

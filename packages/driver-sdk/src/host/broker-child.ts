import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { DriverError } from '../driver-error.ts';
import { createRealMachine } from '../machine/create-real-machine.ts';
import { CriticalSections } from './critical-sections.ts';
import { usualLimits } from './host-limits.ts';
import { createLineChannel } from './line-channel.ts';
import { on, Peer, trusted } from './peer.ts';
import { processMarkVariable, toolMark } from './process-mark.ts';
import type { BrokerMessage } from './protocol.ts';
import { SeamServer } from './seam-server.ts';

/**
 * Entry of a broker's process, started by the driver host and by nothing else: does on the machine below its
 * argument what the host has allowed, so that a write that blocks for ever blocks no agent. It ends when the host
 * closes its file descriptor 3; a tool in a critical section ends first, even when the host has died.
 */
const wire = 3;
const lookEveryMs = 20;

const [root = '/'] = process.argv.slice(2);
const environment = { [processMarkVariable]: toolMark(process.env[processMarkVariable] ?? '') };
const machine = createRealMachine({ root, environment, exactPaths: true });
const sections = new CriticalSections();
const server = new SeamServer({ tellLine: (line) => peer.notifyLossy('sysLine', line) });

const peer: Peer = new Peer({
  failures: trusted(),
  onViolation: (complaint) => process.stderr.write(`the host sent ${complaint}\n`),
  handlers: {
    sys: on(trusted<BrokerMessage<'sys'>>(), ({ request }, id) => server.answer(machine, request, id)),
    sysCancel: on(trusted<BrokerMessage<'sysCancel'>>(), (request) => server.cancel(request)),
    critical: on(trusted<BrokerMessage<'critical'>>(), ({ section, maxMs }) => {
      sections.begin(section, maxMs);
      process.on('SIGTERM', ignore);
    }),
    criticalEnd: on(trusted<BrokerMessage<'criticalEnd'>>(), ({ section }) => {
      sections.end(section);
      if (!sections.isOpen) process.off('SIGTERM', ignore);
    }),
  },
});

peer.connect(
  createLineChannel({
    stream: new Socket({ fd: wire, readable: true, writable: true }),
    maxBytes: usualLimits.messageMaxBytes,
    messagesPerSecond: Number.POSITIVE_INFINITY,
    onMessage: (message) => peer.receive(message),
    onGarbage: (complaint) => process.stderr.write(`the host sent ${complaint}\n`),
    onClosed: () => void leave(),
  }),
);

function ignore(): void {}

async function leave(): Promise<void> {
  peer.close(new DriverError('unavailable', 'the driver host is gone'));
  while (sections.isOpen && server.runs > 0) await delay(lookEveryMs);
  server.cancelAll();
  while (server.runs > 0) await delay(lookEveryMs);
  process.exit(0);
}

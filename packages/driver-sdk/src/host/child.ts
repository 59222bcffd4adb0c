import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { DriverError } from '../driver-error.ts';
import { DriverServer } from './driver-server.ts';
import { usualLimits } from './host-limits.ts';
import { createLineChannel } from './line-channel.ts';
import { processMarkVariable, toolMark } from './process-mark.ts';

/**
 * Entry of a driver's process, started by the driver host and by nothing else: speaks the wire protocol on file
 * descriptor 3 and ends when the host closes it, be it by dying.
 */
const wire = 3;

function openWire(): Socket {
  try {
    return new Socket({ fd: wire, readable: true, writable: true });
  } catch {
    process.stderr.write(
      'This is the process of an accelerator driver: only the driver host can start it.\n',
    );
    process.exit(64);
  }
}

// What is started from here on is a tool of this process, whoever starts it.
process.env[processMarkVariable] = toolMark(process.env[processMarkVariable] ?? '');

// With the host its end of these pipes is gone; a line that nobody reads must not cut off a critical section.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

const server = new DriverServer((complaint) => process.stderr.write(`the host sent ${complaint}\n`));
server.peer.connect(
  createLineChannel({
    stream: openWire(),
    maxBytes: usualLimits.messageMaxBytes,
    messagesPerSecond: Number.POSITIVE_INFINITY,
    onMessage: (message) => server.peer.receive(message),
    onGarbage: (complaint) => process.stderr.write(`the host sent ${complaint}\n`),
    onClosed: () => void leave(),
  }),
);

async function leave(): Promise<void> {
  server.peer.close(new DriverError('unavailable', 'the driver host is gone'));
  await server.windUp(usualLimits.terminateGraceMs);
  // What the driver left open, and its output that nobody reads, must not keep the process.
  await delay(0);
  process.exit(0);
}

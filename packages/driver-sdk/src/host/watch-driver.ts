import { setTimeout as delay } from 'node:timers/promises';
import { toDriverFailure } from '../driver-error.ts';
import type { DriverLogSink } from './driver-log-line.ts';
import type { DriverProcess } from './driver-process.ts';

interface WatchDriverOptions {
  readonly driver: string;
  readonly log: DriverLogSink;
  readonly againMs: number;
}

/** Keeps a driver's `watch` running for as long as its process does. Its hints come through the process. */
export async function watchDriver(process: DriverProcess, options: WatchDriverOptions): Promise<void> {
  const { driver, log, againMs } = options;
  const tell = (message: string): void => log({ driver, source: 'host', level: 'warn', message });
  const callId = `${driver}-watch`;
  while (process.isOpen) {
    try {
      await process.call({ verb: 'watch', argument: {}, callId, device: null, deadlineMs: null });
      tell('its watch ended');
    } catch (error) {
      if (process.isOpen) tell(`its watch failed: ${toDriverFailure(error).message}`);
    }
    await Promise.race([process.ended, delay(againMs, undefined, { ref: false })]);
  }
}

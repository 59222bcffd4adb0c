import type { DriverStore } from '../driver-store.ts';
import type { WatchHint } from '../watch-hint.ts';
import type { DriverLogSink } from './driver-log-line.ts';
import type { HostLimits } from './host-limits.ts';
import { createLineChannel } from './line-channel.ts';
import { on, Peer } from './peer.ts';
import { type DriverMessage, driverMessages, type StoreReadAnswer, WireFailure } from './protocol.ts';
import type { DriverChild } from './spawn-child.ts';

interface ConnectDriverOptions {
  readonly driver: string;
  readonly wire: DriverChild['wire'];
  readonly limits: HostLimits;
  readonly log: DriverLogSink;
  readonly onHint: (hint: WatchHint) => void;
  readonly onProgress: (progress: DriverMessage<'progress'>) => void;
  /** Throws to refuse. */
  readonly onCritical: (critical: DriverMessage<'critical'>, section: number) => void;
  readonly onCriticalEnd: (section: number) => void;
  readonly onSys: (request: DriverMessage<'sys'>, id: number) => Promise<unknown>;
  readonly onSysCancel: (request: DriverMessage<'sysCancel'>) => void;
  readonly store: DriverStore;
  /** Any message at all came. */
  readonly onHeard: () => void;
  /** Something came that is no message. */
  readonly onGarbage: (complaint: string) => void;
  readonly onClosed: () => void;
}

/** The host's end of the wire to a driver's process. */
export function connectDriver(options: ConnectDriverOptions): Peer {
  const { driver, limits, log } = options;
  const peer = new Peer({
    failures: WireFailure,
    onViolation: (complaint) => {
      log({ driver, source: 'host', level: 'warn', message: `broke the protocol: it sent ${complaint}` });
    },
    handlers: {
      progress: on(driverMessages.progress, options.onProgress),
      hint: on(driverMessages.hint, ({ hint }) => options.onHint(hint)),
      critical: on(driverMessages.critical, options.onCritical),
      criticalEnd: on(driverMessages.criticalEnd, ({ section }) => options.onCriticalEnd(section)),
      sys: on(driverMessages.sys, options.onSys),
      sysCancel: on(driverMessages.sysCancel, options.onSysCancel),
      storeRead: on(driverMessages.storeRead, ({ key }) => readStore(options.store, key)),
      storeWrite: on(driverMessages.storeWrite, (write) => writeStore(options.store, write)),
      log: on(driverMessages.log, ({ callId, facts, level, message }) => {
        log({
          driver,
          source: 'driver',
          level,
          message,
          ...(callId === null ? {} : { callId }),
          ...(facts === undefined ? {} : { facts }),
        });
      }),
    },
  });
  peer.connect(
    createLineChannel({
      stream: options.wire,
      maxBytes: limits.messageMaxBytes,
      messagesPerSecond: limits.messagesPerSecond,
      onMessage: (message) => {
        options.onHeard();
        peer.receive(message);
      },
      onGarbage: options.onGarbage,
      onClosed: options.onClosed,
    }),
  );
  return peer;
}

async function readStore(store: DriverStore, key: string): Promise<StoreReadAnswer> {
  const value = await store.get(key);
  return { found: value !== undefined, value: value ?? null };
}

function writeStore(store: DriverStore, { key, entry }: DriverMessage<'storeWrite'>): Promise<void> {
  if (entry === null) return store.delete(key);
  return store.set(key, entry.value, entry.untilReboot ? { until: 'reboot' } : {});
}

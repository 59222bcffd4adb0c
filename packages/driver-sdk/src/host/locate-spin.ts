import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { SendSignal } from './spawn-child.ts';

const samples = 3;
const betweenSamplesMs = 20;
const maxLength = 500;

interface LocateSpinOptions {
  readonly pid: number;
  readonly sendSignal: SendSignal;
  /**
   * Shows each line of the process's standard error until the returned function is called; true keeps a line from
   * the log.
   */
  readonly watchLines: (take: (line: string) => boolean) => () => void;
  /** No more than this is spent on it. */
  readonly withinMs: number;
}

/**
 * Where a Node process that spins spends its time: `/path/driver.js:12 in discover`. Undefined when that cannot be
 * found out in time: it is blocked in a system call, or may not be inspected.
 *
 * SIGUSR1 makes Node listen for a debugger (nodejs.org/api/process.html, "Signal events"), in a thread that can
 * interrupt a loop; then the process is paused a few times by the DevTools protocol
 * (chromedevtools.github.io/devtools-protocol, "Debugger"), and the place where it was most often is the answer. The
 * address has a random part that goes to standard error alone, so nobody else can come first.
 */
export async function locateSpin(options: LocateSpinOptions): Promise<string | undefined> {
  const places: string[] = [];
  const stop = new AbortController();
  const { signal } = stop;
  try {
    await Promise.race([sample(options, places, signal), delay(options.withinMs, undefined, { signal })]);
  } catch {
    // What was seen before something went wrong is still true.
  } finally {
    stop.abort();
  }
  return mostFrequent(places);
}

async function sample(options: LocateSpinOptions, places: string[], signal: AbortSignal): Promise<void> {
  const address = await openInspector(options, signal);
  const debug = await connect(address, signal);
  debug('Debugger.enable');
  for (let count = 0; count < samples; count++) {
    const place = await debug('Debugger.pause', 'Debugger.paused');
    if (place !== undefined) places.push(place);
    debug('Debugger.resume');
    await delay(betweenSamplesMs, undefined, { signal });
  }
}

const inspectorLine = /^Debugger listening on (?<address>ws:\/\/127\.0\.0\.1:\d+\/[0-9a-f-]{36})$/;
const chatter = /^(?:For help, see: https:\/\/nodejs\.org|Debugger (?:attached|ending))/;

function openInspector(
  { pid, sendSignal, watchLines }: LocateSpinOptions,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const unwatch = watchLines((line) => {
      const address = inspectorLine.exec(line)?.groups?.address;
      if (address !== undefined) resolve(address);
      return address !== undefined || chatter.test(line);
    });
    signal.addEventListener('abort', () => {
      unwatch();
      reject(signal.reason);
    });
    sendSignal(pid, 'SIGUSR1');
  });
}

/** Sends a command; with an event, waits for it and gives the place that it tells of. */
type Debug = (method: string, event?: string) => Promise<string | undefined>;

async function connect(address: string, signal: AbortSignal): Promise<Debug> {
  const socket = new WebSocket(address);
  const scripts = new Map<string, string>();
  const waiting = new Map<string, (place: string | undefined) => void>();
  signal.addEventListener('abort', () => socket.close());
  socket.addEventListener('message', ({ data }) => {
    const told = Event.safeParse(JSON.parse(String(data)));
    if (!told.success) return;
    const { method, params } = told.data;
    if (method === 'Debugger.scriptParsed') scripts.set(params.scriptId, params.url);
    else waiting.get(method)?.(topPlace(params.callFrames, scripts));
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', reject, { once: true });
  });
  let commands = 0;
  return async (method, event) => {
    const place =
      event === undefined
        ? undefined
        : new Promise<string | undefined>((resolve) => waiting.set(event, resolve));
    socket.send(JSON.stringify({ id: ++commands, method }));
    return place;
  };
}

const CallFrame = z.object({
  functionName: z.string(),
  location: z.object({ scriptId: z.string(), lineNumber: z.int() }),
});

const Event = z.discriminatedUnion('method', [
  z.object({
    method: z.literal('Debugger.scriptParsed'),
    params: z.object({ scriptId: z.string(), url: z.string() }),
  }),
  z.object({
    method: z.literal('Debugger.paused'),
    params: z.object({ callFrames: z.array(CallFrame) }),
  }),
]);

/** The innermost function that is in a file, so not one of Node's own. */
function topPlace(
  frames: readonly z.output<typeof CallFrame>[],
  scripts: ReadonlyMap<string, string>,
): string | undefined {
  for (const { functionName, location } of frames) {
    const url = scripts.get(location.scriptId) ?? '';
    if (!url.startsWith('file:')) continue;
    const place = `${fileURLToPath(url)}:${location.lineNumber + 1} in ${functionName || 'an unnamed function'}`;
    return place.replace(/\p{Cc}/gu, '�').slice(0, maxLength);
  }
  return undefined;
}

function mostFrequent(places: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const place of places) counts.set(place, (counts.get(place) ?? 0) + 1);
  return [...counts].toSorted(([, one], [, other]) => other - one)[0]?.[0];
}

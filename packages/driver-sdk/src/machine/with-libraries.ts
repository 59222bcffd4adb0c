import { DriverError, isDriverError } from '../driver-error.ts';
import type { Machine, PortOptions, PortUse } from '../machine.ts';
import { placeOfNotJson } from '../not-json.ts';
import type { AnyPort } from '../port.ts';
import { driverErrorFromErrno, errnoOf } from './driver-error-from-errno.ts';

/** Libraries by the name of their port; a driver's ports are that, and so are doubles of them. */
export type PortLibraries = Readonly<Record<string, Pick<AnyPort, 'open'>>>;

type LibraryFunction = (argument: unknown, options: PortOptions) => unknown;

/**
 * A machine with libraries behind its ports, each opened when it is first called, and once. What a library throws
 * becomes a `DriverError`: its own, that of an errno, or else `hardware`.
 */
export const withLibraries = (machine: Machine, libraries: PortLibraries): Machine => ({
  ...machine,
  invoke: invokeIn(libraries),
});

/** The same, for a machine of which nothing else is there. */
export function invokeIn(libraries: PortLibraries): Machine['invoke'] {
  const opened = new Map<string, Promise<object>>();
  const open = (port: string): Promise<object> => {
    const library = opened.get(port) ?? openLibrary(port, libraries);
    opened.set(port, library);
    // What is missing may be installed meanwhile.
    library.catch(() => opened.delete(port));
    return library;
  };
  return async (use, options = {}) => {
    if (!Object.hasOwn(libraries, use.port)) return noLibrary(use);
    const answer = await call(await open(use.port), use, options);
    return use.writes ? undefined : jsonOf(answer, use);
  };
}

async function openLibrary(port: string, libraries: PortLibraries): Promise<object> {
  try {
    return Object(await libraries[port]?.open());
  } catch (cause) {
    if (isDriverError(cause)) throw cause;
    const isAddon = cause instanceof Error && 'code' in cause && cause.code === 'ERR_DLOPEN_DISABLED';
    throw new DriverError(
      isAddon ? 'denied' : 'unsupported',
      `the library of port ${port} cannot be opened: ${messageOf(cause)}`,
      {
        hint: isAddon
          ? 'Its manifest must say that it loads addons: permissions.native.'
          : 'Install what the library needs on this machine.',
        cause,
      },
    );
  }
}

async function call(library: object, use: PortUse, options: PortOptions): Promise<unknown> {
  const run: unknown = Reflect.get(library, use.method);
  if (typeof run !== 'function')
    throw new DriverError('unsupported', `the library of port ${use.port} has no ${use.method}`);
  try {
    return await (run as LibraryFunction).call(library, use.argument, options);
  } catch (error) {
    throw libraryFailed(use, error);
  }
}

/** The failure of a call of a library that threw. */
export function libraryFailed({ port, method, writes }: PortUse, error: unknown): DriverError {
  if (isDriverError(error)) return error;
  const path = `${port}.${method}`;
  if (errnoOf(error) !== undefined)
    return driverErrorFromErrno(error, { doing: 'call', path, write: writes });
  return new DriverError('hardware', `${path} failed: ${messageOf(error)}`, { cause: error });
}

/** Where no library stands behind a port. */
export const noLibrary: Machine['invoke'] = async ({ port, method }) => {
  throw new DriverError('unsupported', `there is no library behind port ${port}, and so no ${method}`, {
    hint: 'A simulated machine needs a double of it: withLibraries, or the libraries of a fixture.',
  });
};

/** Only data crosses, also where nothing is crossed. */
function jsonOf(answer: unknown, { port, method }: PortUse): unknown {
  const json = answer ?? null;
  if (placeOfNotJson(json) === undefined) return json;
  throw new DriverError('hardware', `${port}.${method} answered what is no JSON`, {
    hint: 'Where the port opens its library, turn what it answers into strings, numbers, lists and objects.',
  });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

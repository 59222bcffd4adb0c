/** How a tool ended. */
export interface RunResult {
  /** Exit status; 128 + signal number when a signal ended it. */
  readonly code: number;
  /** Standard output and standard error, decoded as UTF-8. */
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  /** Ended, with its whole process group, after this; default 30 000. */
  readonly timeoutMs?: number;
  /** A tool that prints more on either output is ended and `hardware`: no half answer. Default 4 MiB. */
  readonly maxOutputBytes?: number;
  readonly signal?: AbortSignal;
  /**
   * The tool only asks, it changes nothing: it is run in a dry run too, and is no step of the plan. Whatever is run
   * without this counts as a change, as a write does.
   */
  readonly readOnly?: boolean;
  /** Called for each line of standard output as it comes. */
  readonly onLine?: (line: string) => void;
}

/** A part of a file: bytes from `offset` (0), no more than `length` (at least 1). */
export interface BytesPart {
  readonly offset?: number;
  readonly length?: number;
}

/** One call of a function of a vendor's library, as data. */
export interface PortUse {
  /** The driver's name for the library. */
  readonly port: string;
  readonly method: string;
  /** JSON. */
  readonly argument: unknown;
  /** Whether it may change the machine: it then answers nothing, and in a dry run is a step of the plan. */
  readonly writes: boolean;
}

/** How one call of a library is bounded. */
export interface PortOptions {
  /** Aborted when the library need not go on. */
  readonly signal?: AbortSignal;
}

/**
 * The seam: everything that a driver can do to the machine it runs on. There are two implementations, the real
 * machine and the simulated one; recording, permissions, dry run, deadlines and fault injection wrap either.
 *
 * Paths are absolute. What is absent is `undefined`; whatever else goes wrong is a `DriverError`.
 */
export interface Machine {
  /** A text file, as it is (with its final newline); undefined when there is none. */
  read(path: string): Promise<string | undefined>;
  /**
   * A binary file, or a part of it, which is shorter than asked for where the file ends; undefined when there is none.
   * Of a file of many megabytes read parts: memory is short in a driver's process.
   */
  readBytes(path: string, part?: BytesPart): Promise<Uint8Array | undefined>;
  /** Names in a directory, sorted; undefined when there is no such directory. */
  list(path: string): Promise<readonly string[] | undefined>;
  /** Last segment of a symbolic link's target (`vfio-pci`); undefined when there is no such link. */
  link(path: string): Promise<string | undefined>;
  /** The path without symbolic links; undefined when there is nothing there. */
  resolve(path: string): Promise<string | undefined>;
  /** Writes a text in one write(2) to an existing file, as kernel attributes want it. */
  write(path: string, text: string): Promise<void>;
  /**
   * Runs a tool by absolute path, without a shell, in a clean environment and without input. A nonzero exit is a
   * result, not an error; a tool that is not installed is `unsupported`.
   */
  run(tool: string, args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Calls a vendor's library: what stands behind the functions of `context.ports`. The answer is JSON. */
  invoke(use: PortUse, options?: PortOptions): Promise<unknown>;
}

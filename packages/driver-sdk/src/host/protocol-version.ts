/**
 * The wire protocol between the host and a driver's process: JSON-RPC 2.0 messages, one JSON text per line, UTF-8,
 * over one bidirectional stream that the process finds as file descriptor 3. Its standard output and standard
 * error are log lines, nothing else.
 *
 * | from | method | kind | is |
 * |---|---|---|---|
 * | host | `initialize` | request | first, once: who is to be run, with what; answered by protocol and verbs |
 * | host | `call` | request | one verb; answered by the verb's answer, `null` where it has none; in a dry run by `{plan}` |
 * | host | `cancel` | notification | the call must end soon; it is still answered |
 * | host | `ping` | request | answered at once from the event loop |
 * | host | `shutdown` | request | cancel everything and answer when it has ended; the stream is closed then |
 * | process | `progress` | notification | how far a call is |
 * | process | `log` | notification | a line of the driver's log |
 * | process | `hint` | notification | what a running `watch` has seen |
 * | process | `critical` | request | may a section begin that must not be cut off? refused once the call is cancelled |
 * | process | `criticalEnd` | notification | the section with the id of that request is over |
 * | process | `sys` | request | one use of the seam on behalf of a call; answered when the machine has done it |
 * | process | `sysCancel` | notification | the tool of that `sys` request is to end; the request is still answered |
 * | host | `sysLine` | notification | the tool of that `sys` request has printed a line |
 * | host | `invoke` | request | calls a vendor's library, which the process has; a `sys` request of its own asked for it |
 * | process | `storeRead` | request | what the driver has kept under a key; answered by `{found, value}` |
 * | process | `storeWrite` | request | keeps a value, or with `entry` null deletes it; answered when that is on disk |
 *
 * Each side numbers its requests. A failure travels as the `data` of the error object, whose code is -32000.
 * The stream's end is the end of the process's work: it finishes its critical sections and exits.
 * The whole of it, for drivers in any language: docs/driver-protocol.md.
 */
export const protocolVersion = 2;

/** The oldest version that a process may still speak. It has no `sys`: such a process touches the machine itself. */
export const oldestProtocolVersion = 1;

/** Code of the JSON-RPC error object whose `data` is a `DriverFailure`. */
export const driverFailureCode = -32000;

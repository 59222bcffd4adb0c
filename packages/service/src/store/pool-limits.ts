/** Connections to a database server that one process holds at most. */
export const poolConnections = 10;

/** How long a server may take to let one in, in milliseconds. */
export const connectTimeoutMs = 5_000;

import { connect, type Socket } from 'node:net';

const beginning =
  'POST /v2/device_profiles HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n';

/** Clients that send a byte now and then. */
export interface SlowSenders {
  /** How many of them are still connected. */
  connected(): number;
  stop(): void;
}

/** Half of them never finish their headers, the others never their body. */
export function sendSlowly(port: number, count: number, everyMs = 500): SlowSenders {
  const open = new Set<Socket>();
  for (let made = 0; made < count; made += 1) {
    const socket = connect({ port, host: '127.0.0.1' });
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => {});
    socket.resume();
    socket.write(made % 2 === 0 ? beginning : `${beginning}\r\n[`);
  }
  const timer = setInterval(() => {
    for (const socket of open) socket.write('a');
  }, everyMs);
  return {
    connected: () => open.size,
    stop() {
      clearInterval(timer);
      for (const socket of open) socket.destroy();
    },
  };
}

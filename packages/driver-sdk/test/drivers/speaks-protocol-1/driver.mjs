// A driver's process as it was under protocol 1, kept as it was: it knows no `sys` and touches the machine itself,
// and it takes no `initialize` but its own.
import { readFileSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';

const known = ['api', 'config', 'driver', 'entry', 'machine', 'permissions', 'protocol'];
const wire = new Socket({ fd: 3, readable: true, writable: true });
const send = (message) => wire.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
let root = '';

const verbs = {
  discover: () => [],
  status: ({ handle }) =>
    readFileSync(`${root}/cards/${handle.id}`, 'utf8').trim() ? 'attached' : 'detached',
  attach: ({ handle, consumer }) => {
    writeFileSync(`${root}/cards/${handle.id}`, `${consumer.id}\n`);
    return { type: handle.type, info: {} };
  },
  detach: ({ handle }) => {
    writeFileSync(`${root}/cards/${handle.id}`, '\n');
    return null;
  },
};

const methods = {
  initialize: (params) => {
    const isKnown = Object.keys(params).sort().join() === known.join();
    if (params.protocol !== 1 || !isKnown) throw new Error('ZodError: [{"path":["protocol"]}]');
    root = params.machine.root;
    const message = `keeps to contract ${params.api} in protocol 1`;
    send({ method: 'log', params: { callId: null, level: 'info', message } });
    return { protocol: 1, verbs: Object.keys(verbs) };
  },
  call: ({ verb, argument }) => verbs[verb](argument),
  ping: () => null,
  shutdown: () => null,
};

createInterface({ input: wire }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  try {
    send({ id, result: methods[method](params) });
  } catch (error) {
    const data = { code: 'internal', message: error.message, retry: 'never', causes: [] };
    send({ id, error: { code: -32000, message: error.message, data } });
  }
});
wire.on('close', () => process.exit(0));

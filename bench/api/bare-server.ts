// What the API is held against: fastify alone, which reads the same rows through the same driver and serialises them.
// Told by its parent what store it is: node bare-server.ts '{"kind": "sqlite", "file": "..."}'
import Fastify from 'fastify';
import { type BareStore, openBareStore } from './bare-store.ts';
import type { BareOrder } from './bare-writes.ts';

const store: BareStore = await openBareStore(JSON.parse(process.argv[2] as string));
const app = Fastify();
app.get<{ Params: { id: string } }>('/devices/:id', (request) => store.device(request.params.id));
app.get('/devices', () => store.devices());
app.get<{ Params: { id: string } }>('/accelerator_requests/:id', (request) =>
  store.request(request.params.id),
);
app.get('/accelerator_requests', () => store.requests());
const url = await app.listen({ port: 0, host: '127.0.0.1' });
process.on('message', async (order: BareOrder) => process.send?.({ perSecond: await store.writes(order) }));
process.on('disconnect', () => process.exit(0));
process.send?.({ port: Number(new URL(url).port) });

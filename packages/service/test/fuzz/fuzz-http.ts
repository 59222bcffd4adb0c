import fc from 'fast-check';
import type { TestDatabase } from '../test-store.ts';
import { type ApiDescription, type Call, callsOf } from './api-calls.ts';
import { type FuzzedService, startFuzzedService } from './fuzzed-service.ts';
import { bytesOf, type RawAnswer, sendRaw } from './raw-http.ts';
import { sendSlowly } from './slow-senders.ts';

export interface FuzzHttpOptions {
  readonly database: TestDatabase;
  readonly requests: number;
  /** The same seed makes the same requests of the same answers. */
  readonly seed: number;
  /** Told after each lap. */
  readonly onLap?: (report: FuzzHttpReport) => void;
}

/** What came of it: no finding is what is wanted. */
export interface FuzzHttpReport {
  readonly requests: number;
  /** How often which status was answered; 0 is a connection closed without a word. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  /** Resident memory after the first lap and at its highest after that, in MiB. */
  readonly residentMiB: readonly [first: number, highest: number];
  /** What must not be: what was sent, and what came of it. */
  readonly findings: readonly string[];
}

const lapRequests = 250;
const atOnce = 8;
const withinMs = 20_000;
const closeAfterMs = 1_000;
const bodyLimitBytes = 1_048_576;
const mostFindings = 10;
const slowSenders = 100;
/** By then none of them may be left: `requestTimeoutMs` of the API, and the pause between two looks of Node's. */
const slowSendersGoneMs = 100_000;

/**
 * Sends a running service, whole and alone in a process of little memory, what its own description asks for and what
 * it does not, while others send so slowly that they never come to an end.
 */
export async function fuzzHttp(options: FuzzHttpOptions): Promise<FuzzHttpReport> {
  const { target, drop } = await options.database.create();
  const service = await startFuzzedService(target);
  const slow = sendSlowly(service.port, slowSenders);
  const startedAt = performance.now();
  try {
    const report = await runLaps(service, options);
    const isLong = performance.now() - startedAt > slowSendersGoneMs;
    if (!isLong || slow.connected() === 0) return report;
    const finding = `${slow.connected()} of ${slowSenders} slow senders are still connected`;
    return { ...report, findings: [...report.findings, finding] };
  } finally {
    slow.stop();
    await service.stop();
    await drop();
  }
}

async function runLaps(service: FuzzedService, options: FuzzHttpOptions): Promise<FuzzHttpReport> {
  const statuses: Record<string, number> = {};
  const findings: string[] = [];
  let report: FuzzHttpReport = { requests: 0, statuses, slowestMs: 0, residentMiB: [0, 0], findings };
  for (let lap = 0; report.requests < options.requests; lap += 1) {
    const numRuns = Math.min(lapRequests, options.requests - report.requests);
    const calls = fc.sample(callsOf(await takeIn(service)), { seed: options.seed + lap, numRuns });
    let { slowestMs } = report;
    await inTurns(calls, async (call) => {
      const { answer, finding } = await send(service, call);
      if (finding !== undefined) findings.push(`${finding}\n  sent: ${show(call)}`);
      if (answer === undefined) return;
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      slowestMs = Math.max(slowestMs, answer.tookMs);
    });
    const end = service.ended();
    if (end !== null) {
      findings.push(end);
      return { ...report, slowestMs };
    }
    const resident = service.residentMiB();
    const [first, highest] = report.residentMiB;
    const residentMiB = [lap === 0 ? resident : first, Math.max(highest, resident)] as const;
    report = { ...report, requests: report.requests + numRuns, slowestMs, residentMiB };
    options.onLap?.(report);
    if (findings.length >= mostFindings) break;
  }
  findings.push(...service.errors().slice(0, mostFindings));
  return report;
}

async function inTurns(calls: readonly Call[], work: (call: Call) => Promise<void>): Promise<void> {
  const waiting = [...calls];
  const turn = async () => {
    for (let call = waiting.shift(); call !== undefined; call = waiting.shift()) await work(call);
  };
  await Promise.all(Array.from({ length: atOnce }, turn));
}

interface Sent {
  readonly answer?: RawAnswer;
  readonly finding?: string;
}

async function send(service: FuzzedService, call: Call): Promise<Sent> {
  try {
    const answer = await sendRaw(service.port, bytesOf(call), {
      withinMs,
      closeAfterMs: call.isWhole ? undefined : closeAfterMs,
    });
    const wrong = wrongWith(call, answer);
    return wrong === undefined ? { answer } : { answer, finding: wrong };
  } catch (error) {
    return { finding: (error as Error).message };
  }
}

function wrongWith({ isWhole, method }: Call, { status, headers, body }: RawAnswer): string | undefined {
  if (status >= 500) return `answered ${status}: ${body.slice(0, 500)}`;
  if (!isWhole) return undefined;
  if (status === 0) return 'closed without an answer';
  if (!headers.has('x-openstack-request-id') && method !== 'OPTIONS')
    return `answered ${status} without an id`;
  if (!/json/.test(headers.get('content-type') ?? '') || headers.has('transfer-encoding')) return undefined;
  try {
    JSON.parse(body);
    return undefined;
  } catch {
    return `answered ${status} with a body that is no JSON: ${body.slice(0, 500)}`;
  }
}

function show(call: Call): string {
  const bytes = bytesOf(call);
  const text = bytes.subarray(0, 1_500).toString('latin1');
  return JSON.stringify(text) + (bytes.length > 1_500 ? ` and ${bytes.length - 1_500} more bytes` : '');
}

type Listed = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/** What the service knows at the moment, as words and bodies for the next calls. */
async function takeIn({ port, token }: FuzzedService) {
  const get = async <Body>(path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { 'x-auth-token': token } });
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Body;
  };
  const description = await get<ApiDescription>('/openapi.json');
  const paths = ['/v2/devices', '/v2/deployables', '/v2/attributes', '/v2/device_profiles'];
  const lists = await Promise.all(
    [...paths, '/v2/accelerator_requests', '/v3/operations?limit=20', '/v3/webhooks'].map((path) =>
      get<Listed>(path),
    ),
  );
  const found = (member: string) =>
    lists.flatMap((list) => Object.values(list).flatMap((items) => textsOf(items, member))).slice(0, 60);
  const [, deployables, , profiles, requests] = lists;
  const ids = [...found('uuid'), ...found('id')];
  const profile = textsOf(profiles?.device_profiles, 'name')[0] ?? 'nic';
  const arqs = textsOf(requests?.arqs, 'uuid').slice(0, 6);
  const words = [
    ...[...ids, ...found('name'), ...found('key'), 'compute1', 'nic', 'gpu', 'pci', 'resources:CUSTOM_NIC'],
    ...[
      '1',
      '2',
      'trait:CUSTOM_X',
      'required',
      '/hostname',
      '/device_rp_uuid',
      '/instance_uuid',
      '/project_id',
    ],
    ...['00000000-0000-4000-8000-000000000001', 'device.state', 'accel:bitstream_id', 'a,b'],
  ];
  const bodies = bodiesNow({ arqs, profile, deployable: textsOf(deployables?.deployables, 'rp_uuid')[0] });
  return { description, words, bodies, token, bodyLimitBytes };
}

const textsOf = (items: Listed[string] | undefined, member: string): string[] =>
  (Array.isArray(items) ? items : []).flatMap((item) => {
    const value: unknown = item?.[member];
    return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
  });

interface Now {
  readonly arqs: readonly string[];
  readonly profile: string;
  readonly deployable: string | undefined;
}

function bodiesNow({ arqs, profile, deployable }: Now): Record<string, readonly unknown[]> {
  const groups = [{ 'resources:CUSTOM_NIC': '1', 'trait:CUSTOM_FAST': 'required' }];
  const add = (path: string, value?: string) => ({ op: 'add', path, value });
  const binding = [
    add('/hostname', 'compute1'),
    add('/device_rp_uuid', deployable ?? '00000000-0000-4000-8000-000000000002'),
    add('/instance_uuid', '00000000-0000-4000-8000-000000000001'),
  ];
  const unbinding = binding.map(({ path }) => ({ op: 'remove', path }));
  const patches = [binding, unbinding].map((operations) =>
    Object.fromEntries(arqs.slice(0, 2).map((id) => [id, operations])),
  );
  return {
    'post /v2/device_profiles': [
      [{ name: 'nic', description: 'é', groups }],
      [{ name: 'two', groups: [...groups, ...groups] }],
    ],
    'post /v2/accelerator_requests': [{ device_profile_name: profile }],
    'patch /v2/accelerator_requests': patches,
    'patch /v2/accelerator_requests/{ignored}': patches,
    'post /v2/attributes': [{ deployable_id: 1, key: 'k', value: 'v' }],
    // Nobody listens there.
    'post /v3/webhooks': ['one', 'two', 'three'].map((name) => ({ name, url: 'http://127.0.0.1:9/' })),
    'patch /v3/webhooks/{which}': [{ state: 'enabled', events: ['device.*'] }, { after: 0 }],
    'post /v3/devices/{id}/ready': [{ options: { a: 'b' } }],
    'post /v3/hosts/{name}/discover': [{ driver: 'pci' }],
  };
}

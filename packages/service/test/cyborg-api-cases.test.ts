import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Uuid } from '@cyborgjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Authenticator } from '../src/api/authenticator.ts';
import { type Answer, aDevice, faultOf, putDevice, startTestApi, type TestApi } from '../src/api/test-api.ts';
import { createTokenAuthenticator, hashToken } from '../src/api/token-authenticator.ts';
import { pythonJson } from '../src/api/v2/python-json.ts';

/** One exchange; see the head of cyborg-api-cases.yaml. */
const Case = z.strictObject({
  name: z.string(),
  as: z.string().optional(),
  service: z.string().optional(),
  version: z.string().optional(),
  accept: z.string().nullable().optional(),
  type: z.string().nullable().optional(),
  ask: z.string(),
  send: z.string().optional(),
  status: z.int(),
  answer: z.string().optional(),
  fault: z.string().optional(),
  refusal: z.string().optional(),
  saying: z.string().optional(),
  allow: z.string().optional(),
  versioned: z.string().optional(),
  cyborg: z.string().optional(),
  upstream: z.int().optional(),
});
type Case = z.output<typeof Case>;
const Groups = z.array(z.strictObject({ group: z.string(), cases: z.array(Case) }));

const file = new URL('./cyborg-api-cases.yaml', import.meta.url);
const groups = Groups.parse(parse(readFileSync(file, 'utf8')));

/** Roles and project of whoever a case is told as; the token of each is its name. */
const people = {
  admin: ['admin', 'admin'],
  admin_in_demo: ['admin', 'demo'],
  manager: ['manager', 'demo'],
  member: ['member', 'demo'],
  reader: ['reader', 'demo'],
  alt_member: ['member', 'alt_demo'],
  service: ['admin service', 'service'],
  service_only: ['service', 'service'],
  nova: ['admin service', 'service'],
  system_admin: ['admin', 'system'],
} as const;
const tokens = createTokenAuthenticator(
  Object.entries(people).map(([name, [roles, project]]) => ({
    name,
    sha256: hashToken(name),
    roles: roles.split(' '),
    project,
  })),
);
/** The same, but that one of them is scoped to the system, which fixed tokens cannot be. */
const authenticator: Authenticator = {
  ...tokens,
  async authenticate(headers) {
    const identity = await tokens.authenticate(headers);
    return identity.projectId === 'system' ? { ...identity, projectId: null } : identity;
  },
};

const base = 'http://127.0.0.1:6666';
const uuidPattern = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const time = '\\d{4}-\\d\\d-\\d\\d{separator}\\d\\d:\\d\\d:\\d\\d\\+00:00';

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** What placeholders stand for, as far as it is known. */
class Known {
  readonly #values = new Map<string, string>();

  set(name: string, value: string): void {
    this.#values.set(name, value);
  }

  /** A request, with everything filled in. */
  fill(text: string): string {
    return text.replace(/"?\{(\w+):?(\w+)?(?::(\w+))?\}"?/g, (whole, kind, name, spelling) => {
      if (kind === 'base') return base;
      if (kind === 'project') return whole.replace(/\{.*\}/, name);
      const value = this.#values.get(`${kind}:${name}`);
      if (value === undefined) throw new Error(`${whole} is not known yet`);
      if (kind === 'int') return value;
      const spelt =
        spelling === 'upper'
          ? value.toUpperCase()
          : spelling === 'nodashes'
            ? value.replaceAll('-', '')
            : value;
      return whole.replace(/\{.*\}/, spelt);
    });
  }

  /** Compares an answer to the byte; what was not known before is known afterwards. */
  expect(wanted: string, found: string): void {
    const captured: string[] = [];
    const pattern = wanted
      .split(/("?\{(?:base|uuid|int|project|timestamp)[:\w]*\}"?)/)
      .map((part) => this.#patternOf(part, captured))
      .join('');
    const match = new RegExp(`^${pattern}$`).exec(found);
    if (match === null) expect(found).toBe(wanted);
    captured.forEach((name, index) => void this.set(name, match?.[index + 1] ?? ''));
  }

  #patternOf(part: string, captured: string[]): string {
    const [, kind, name] = /^"?\{(\w+):?(\w+)?/.exec(part) ?? [];
    if (kind === undefined) return literally(part);
    if (kind === 'int') return this.#patternOfValue(`int:${name}`, '(\\d+)', captured);
    const inner =
      kind === 'base'
        ? literally(base)
        : kind === 'project'
          ? literally(name ?? '')
          : kind === 'timestamp'
            ? time.replace('{separator}', name === 'space' ? ' ' : 'T')
            : this.#patternOfValue(`uuid:${name}`, `(${uuidPattern})`, captured);
    return part.replace(/\{.*\}/, () => inner);
  }

  #patternOfValue(key: string, any: string, captured: string[]): string {
    const value = this.#values.get(key);
    if (value !== undefined) return literally(value);
    if (captured.includes(key)) return `\\${captured.indexOf(key) + 1}`;
    captured.push(key);
    return any;
  }
}

/** The same exchanges with the statuses that Cyborg's own tests demand. */
const settings = groups.flatMap(({ group, cases }) => [
  { group, errors: 'mended' as const, cases },
  {
    group,
    errors: 'upstream' as const,
    cases: cases.map(({ status, upstream = status, ...one }) => ({ ...one, status: upstream })),
  },
]);

describe.each(settings)('what Cyborg answers about $group, $errors', ({ errors, cases }) => {
  let api: TestApi;
  const known = new Known();

  beforeAll(async () => {
    api = await startTestApi({ v2: { errors } }, { authenticator });
    await furnish(api, known);
  });
  afterAll(() => api.close());

  it.each(cases)('$name', async (one) => {
    const answer = await exchange(api, one, known);
    expect(answer.status).toBe(one.status);
    const wanted = bodyOf(one);
    if (one.saying !== undefined) expect(faultOf(answer).faultstring).toContain(known.fill(one.saying));
    else if (wanted === undefined) expect(answer.text).toBe('');
    else known.expect(wanted, answer.text);
    if (one.allow !== undefined) expect(answer.headers.allow).toBe(one.allow);
    expect(answer.headers['openstack-api-version']).toBe(one.versioned);
    if (one.versioned !== undefined)
      expect(answer.headers).toMatchObject({
        vary: 'OpenStack-API-Version',
        'openstack-api-minimum-version': '2.0',
        'openstack-api-maximum-version': '2.3',
      });
    const hasBody = answer.status !== 202 && answer.status !== 204 && !one.ask.startsWith('OPTIONS');
    expect(answer.headers['content-type']).toBe(hasBody ? 'application/json' : undefined);
  });
});

function exchange(api: TestApi, one: Case, known: Known): Promise<Answer> {
  const [method = '', url = ''] = known.fill(one.ask).split(' ');
  const { accept = 'application/json', type = 'application/json' } = one;
  return api.call({
    method: method as 'GET',
    url,
    as: null,
    headers: {
      ...(accept === null ? {} : { accept }),
      ...(one.send === undefined || type === null ? {} : { 'content-type': type }),
      ...(one.as === undefined ? {} : { 'x-auth-token': one.as }),
      ...(one.service === undefined ? {} : { 'x-service-token': one.service }),
      ...(one.version === undefined ? {} : { 'openstack-api-version': one.version }),
    },
    ...(one.send === undefined ? {} : { payload: known.fill(one.send) }),
  });
}

/** The body that is wanted, to the byte; undefined for none. */
function bodyOf({ status, answer, fault, refusal }: Case): string | undefined {
  if (fault !== undefined) {
    const faultcode = status < 500 ? 'Client' : 'Server';
    return pythonJson({ error_message: pythonJson({ faultcode, faultstring: fault, debuginfo: null }) });
  }
  if (refusal === undefined) return answer;
  const title = { 404: 'Not Found', 405: 'Method Not Allowed', 406: 'Not Acceptable' }[status];
  return pythonJson({ error_message: pythonJson({ code: status, title, description: refusal }) });
}

/** Two hosts with one FPGA each of sixteen handles, as Cyborg's fake driver makes them; one was closed for a while. */
async function furnish({ store, conductor, ...api }: TestApi, known: Known): Promise<void> {
  for (const [index, host] of ['compute2', 'compute1'].entries()) {
    const [id, providerId] = [Uuid.parse(randomUUID()), Uuid.parse(randomUUID())];
    await putDevice({ store, conductor, ...api }, aDevice({ id, host, firmware: {} }));
    await store.transaction(({ deployables }) =>
      deployables.setProviders(host, new Map([['FakeDevice', providerId]])),
    );
    const { items } = await store.deployables.list({ host });
    known.set(`uuid:device${index + 1}`, id);
    known.set(`uuid:rp${index + 1}`, providerId);
    known.set(`uuid:deployable${index + 1}`, items[0]?.id ?? '');
    known.set(`int:deployable${index + 1}`, String(items[0]?.number));
  }
  const [first] = (await store.devices.list({ host: 'compute2' })).items;
  for (const enabled of [false, true])
    await conductor.setDeviceEnabled({ device: first?.id ?? '', enabled, requestedBy: 'test' });
}

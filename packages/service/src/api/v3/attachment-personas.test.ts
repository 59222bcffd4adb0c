import { Attachment, pageOf } from '@cyborgjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, aDevice, putDevice, startTestApi, type TestApi } from '../test-api.ts';
import { createTokenAuthenticator, hashToken } from '../token-authenticator.ts';

/** Who asks: what their tokens say of them. The attachment that they ask for is one of project p1. */
const people = {
  admin: { roles: ['admin'], project: 'p1' },
  manager: { roles: ['manager'], project: 'p1' },
  member: { roles: ['member'], project: 'p1' },
  reader: { roles: ['reader'], project: 'p1' },
  service: { roles: ['service'], project: 'p1' },
  'admin of another project': { roles: ['admin'], project: 'p2' },
  'manager of another project': { roles: ['manager'], project: 'p2' },
  'member of another project': { roles: ['member'], project: 'p2' },
  'reader of another project': { roles: ['reader'], project: 'p2' },
  'service of another project': { roles: ['service'], project: 'p2' },
} as const;
type Person = keyof typeof people | 'nobody' | 'somebody with a wrong token';

let api: TestApi;
beforeAll(async () => {
  const tokens = Object.entries(people).map(([name, { roles, project }]) => ({
    name,
    sha256: hashToken(name),
    roles: [...roles],
    project,
  }));
  api = await startTestApi({}, { authenticator: createTokenAuthenticator(tokens) });
  for (const identity of ['serial-1', 'serial-2']) await putDevice(api, aDevice({ identity }));
  await made('manager');
  await made('manager of another project');
});
afterAll(() => api.close());

interface Asked {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path?: string;
}

function ask(person: Person, { method, path = '' }: Asked): Promise<Answer> {
  return api.call({
    method,
    url: `/v3/attachments${path}`,
    as: null,
    headers: person === 'nobody' ? {} : { 'x-auth-token': person },
    ...(method === 'POST' ? { payload: wanted } : {}),
  });
}

const wanted = { consumer: { type: 'host', id: 'vm-1' }, resourceClass: 'FPGA' };
const made = async (person: Person) => Attachment.parse((await ask(person, { method: 'POST' })).json());

describe('/v3/attachments by persona', () => {
  it.each<[Person, { list: number; show: number; create: number; detach: number; force: number }]>([
    ['admin', { list: 200, show: 200, create: 202, detach: 202, force: 202 }],
    ['manager', { list: 200, show: 200, create: 202, detach: 202, force: 202 }],
    ['member', { list: 200, show: 200, create: 403, detach: 403, force: 403 }],
    ['reader', { list: 200, show: 200, create: 403, detach: 403, force: 403 }],
    ['service', { list: 403, show: 403, create: 403, detach: 403, force: 403 }],
    ['admin of another project', { list: 200, show: 200, create: 202, detach: 202, force: 202 }],
    ['manager of another project', { list: 200, show: 404, create: 202, detach: 404, force: 404 }],
    ['member of another project', { list: 200, show: 404, create: 403, detach: 403, force: 403 }],
    ['reader of another project', { list: 200, show: 404, create: 403, detach: 403, force: 403 }],
    ['service of another project', { list: 403, show: 403, create: 403, detach: 403, force: 403 }],
    ['nobody', { list: 401, show: 401, create: 401, detach: 401, force: 401 }],
    ['somebody with a wrong token', { list: 401, show: 401, create: 401, detach: 401, force: 401 }],
  ])('%s: %j', async (person, expected) => {
    const { id } = await made('admin');
    const before = await api.store.attachments.get(id);
    const answers = {
      list: (await ask(person, { method: 'GET' })).status,
      show: (await ask(person, { method: 'GET', path: `/${id}` })).status,
      create: (await ask(person, { method: 'POST' })).status,
      detach: (await ask(person, { method: 'DELETE', path: `/${id}` })).status,
      force: (await ask(person, { method: 'DELETE', path: `/${id}?force=true` })).status,
    };
    expect(answers).toEqual(expected);
    // Whoever is refused has changed nothing.
    if (expected.detach !== 202) expect(await api.store.attachments.get(id)).toEqual(before);
  });

  it.each<[Person, readonly string[]]>([
    ['admin', ['p1', 'p2']],
    ['manager', ['p1']],
    ['member', ['p1']],
    ['reader', ['p1']],
    ['admin of another project', ['p1', 'p2']],
    ['manager of another project', ['p2']],
    ['member of another project', ['p2']],
    ['reader of another project', ['p2']],
  ])('%s sees those of %j', async (person, projects) => {
    const list = await ask(person, { method: 'GET', path: '?limit=1000' });
    const { items } = pageOf(Attachment).parse(list.json());
    expect([...new Set(items.map(({ projectId }) => projectId))].sort()).toEqual(projects);
  });

  it('are made for the project of whoever asks', async () => {
    expect((await made('manager')).projectId).toBe('p1');
    expect((await made('manager of another project')).projectId).toBe('p2');
  });
});

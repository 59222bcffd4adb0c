import { describe, expect, it } from 'vitest';
import { readAcceleratorRequestPatch } from './accelerator-request-patch.ts';

const id = '00000000-0000-0000-0000-00000000000a';
const other = '00000000-0000-0000-0000-00000000000b';
const server = '00000000-0000-0000-0000-00000000000c';
const add = (fields: Record<string, unknown>) =>
  Object.entries(fields).map(([field, value]) => ({ path: `/${field}`, op: 'add', value }));
const fields = { hostname: 'compute1', device_rp_uuid: id, instance_uuid: server };
const remove = [{ path: '/hostname', op: 'remove' }];
const admin = { minor: 3, isAdmin: true };

describe('the body of a PATCH', () => {
  it('binds', () =>
    expect(readAcceleratorRequestPatch({ [id]: add(fields) }, admin)).toEqual({
      kind: 'bind',
      bindings: [{ id, host: 'compute1', providerId: id, instanceId: server, projectId: undefined }],
    }));

  it('binds into another project, when an administrator says so at 2.1', () => {
    const body = { [id]: add({ ...fields, project_id: 'p2' }) };
    expect(readAcceleratorRequestPatch(body, admin)).toMatchObject({ bindings: [{ projectId: 'p2' }] });
    expect(() => readAcceleratorRequestPatch(body, { minor: 0, isAdmin: true })).toThrowError(
      expect.objectContaining({ code: 'microversion.too_low' }),
    );
    expect(() => readAcceleratorRequestPatch(body, { minor: 1, isAdmin: false })).toThrowError(
      expect.objectContaining({ code: 'auth.denied' }),
    );
  });

  it('unbinds, whatever single path it names, however the uuid is spelt', () =>
    expect(
      readAcceleratorRequestPatch({ [id.toUpperCase()]: [{ path: 'hostname', op: 'remove' }] }, admin),
    ).toEqual({ kind: 'unbind', ids: [id] }));

  it('lets the last of two values count', () => {
    const twice = [...add(fields), { path: '/hostname', op: 'add', value: 'compute2' }];
    expect(readAcceleratorRequestPatch({ [id]: twice }, admin)).toMatchObject({
      bindings: [{ host: 'compute2' }],
    });
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'expected an object'],
    ['a list', [], 'expected an object'],
    ['a text', 'x', 'expected an object'],
    ['nothing', {}, 'no ARQ'],
    ['no operations', { [id]: [] }, 'expected a list of operations'],
    ['operations that are no list', { [id]: {} }, 'expected a list of operations'],
    ['an operation that is null', { [id]: [null] }, 'Every op must be add or remove'],
    ['no op', { [id]: [{ path: '/hostname' }] }, 'Every op must be add or remove'],
    ['no path', { [id]: [{ op: 'add', value: 'x' }] }, 'no path'],
    ['both kinds', { [id]: add(fields), [other]: remove }, 'Every op must be add or remove'],
    ['another path', { [id]: add({ state: 'Bound' }) }, 'Invalid path in patch /state'],
    [
      'a provider that is no uuid',
      { [id]: add({ ...fields, device_rp_uuid: 'x' }) },
      'device_rp_uuid expected a uuid',
    ],
    [
      'a server that is a number',
      { [id]: add({ ...fields, instance_uuid: 7 }) },
      'instance_uuid expected a uuid',
    ],
    ['an empty host', { [id]: add({ ...fields, hostname: '' }) }, 'no name of a host'],
    ['a host that is a list', { [id]: add({ ...fields, hostname: ['x'] }) }, 'no name of a host'],
    ['a project that is none', { [id]: add({ ...fields, project_id: 'a b' }) }, 'no id of a project'],
    ['one request twice', { [id]: remove, [id.replaceAll('-', '')]: remove }, 'named twice'],
    [
      'a thousand and one',
      Object.fromEntries(Array.from({ length: 1001 }, (_, n) => [n, remove])),
      'more than 1000',
    ],
  ])('that is or has %s is refused', (_what, body, text) =>
    expect(() => readAcceleratorRequestPatch(body, admin)).toThrowError(
      expect.objectContaining({ code: 'request.invalid', message: expect.stringContaining(text) }),
    ),
  );

  it('that names what can be no request finds none', () =>
    expect(() => readAcceleratorRequestPatch({ nope: remove }, admin)).toThrowError(
      expect.objectContaining({ code: 'accelerator_request.not_found' }),
    ));
});

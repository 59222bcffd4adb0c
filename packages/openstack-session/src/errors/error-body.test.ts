import { describe, expect, it } from 'vitest';
import { readErrorBody } from './error-body.ts';

const shapes: readonly [string, unknown, { code?: string; detail: string; requestId?: string }][] = [
  [
    'Placement',
    {
      errors: [
        {
          status: 409,
          title: 'Conflict',
          detail: 'There was a conflict when trying to complete your request.\n\n update conflict: in use  ',
          code: 'placement.inventory.inuse',
          request_id: 'req-1',
        },
      ],
    },
    { code: 'placement.inventory.inuse', detail: 'update conflict: in use', requestId: 'req-1' },
  ],
  [
    'Placement before 1.23, without a code',
    { errors: [{ status: 404, title: 'Not Found', detail: 'The resource could not be found.\n\n gone' }] },
    { detail: 'gone' },
  ],
  [
    'webob with noauth',
    { message: 'No token.<br /><br />', code: '401 Unauthorized', title: 'Unauthorized' },
    { detail: 'No token.<br /><br />' },
  ],
  [
    'keystonemiddleware when Keystone is down',
    { message: 'Keystone is away', code: '503 Service Unavailable', title: 'Service Unavailable' },
    { detail: 'Keystone is away' },
  ],
  ['Keystone', { error: { code: 401, title: 'Unauthorized', message: 'Not you' } }, { detail: 'Not you' }],
  ['Nova', { itemNotFound: { code: 404, message: 'No such server' } }, { detail: 'No such server' }],
  ['pecan', { faultcode: 'Client', faultstring: 'Wrong' }, { detail: 'Wrong' }],
  [
    'the HTML of a proxy',
    '<html><head><title>502</title></head><body><h1>Bad\n Gateway</h1></body></html>',
    { detail: 'Bad Gateway' },
  ],
  ['plain text', 'upstream died', { detail: 'upstream died' }],
  ['nothing', undefined, { detail: '' }],
  ['a bare list', [], { detail: '' }],
];

describe('error body', () => {
  it.each(shapes)('of %s is read', (_name, body, expected) => {
    expect(readErrorBody(body)).toEqual({ code: undefined, requestId: undefined, ...expected });
  });

  it('never takes a status text for a code', () => {
    expect(readErrorBody({ message: 'x', code: '503' }).code).toBeUndefined();
  });
});

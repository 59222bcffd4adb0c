import { CyborgError, type ErrorCode } from '@cyborgjs/core';
import { describe, expect, it } from 'vitest';
import { httpStatus } from '../http-status.ts';
import { faultBody } from './fault.ts';

const bodyOf = (error: CyborgError) => faultBody(error, httpStatus(error));

describe('faultBody', () => {
  it.each<[ErrorCode, string, string]>([
    ['request.invalid', 'no', '{"faultcode": "Client", "faultstring": "no", "debuginfo": null}'],
    [
      'device_profile.not_found',
      'no "x"',
      '{"faultcode": "Client", "faultstring": "no \\"x\\"", "debuginfo": null}',
    ],
    ['store.unavailable', 'é', '{"faultcode": "Server", "faultstring": "\\u00e9", "debuginfo": null}'],
    ['microversion.too_low', '2.2', '{"faultcode": "Client", "faultstring": "2.2", "debuginfo": null}'],
    ['microversion.malformed', 'no', '{"code": 406, "title": "Not Acceptable", "description": "no"}'],
    ['microversion.unsupported', 'no', '{"code": 406, "title": "Not Acceptable", "description": "no"}'],
    ['request.not_acceptable', 'no', '{"code": 406, "title": "Not Acceptable", "description": "no"}'],
    ['route.not_found', 'not told', '{"code": 404, "title": "Not Found", "description": ""}'],
    [
      'route.method_not_allowed',
      'not told',
      '{"code": 405, "title": "Method Not Allowed", "description": ""}',
    ],
  ])('shapes %s as a document in a string', (code, message, text) =>
    expect(JSON.parse(bodyOf(new CyborgError(code, message)))).toEqual({ error_message: text }),
  );

  it('shapes 401 as keystonemiddleware does', () =>
    expect(JSON.parse(bodyOf(new CyborgError('auth.required', 'not told')))).toEqual({
      error: {
        code: 401,
        title: 'Unauthorized',
        message: 'The request you have made requires authentication.',
      },
    }));
});

import { CyborgError, type ErrorCode, errorTable } from '@cyborgjs/core';
import { describe, expect, it } from 'vitest';
import { httpStatus, retryAfterSeconds } from './http-status.ts';

describe('httpStatus', () => {
  it.each<[ErrorCode, number]>([
    ['request.invalid', 400],
    ['auth.required', 401],
    ['auth.denied', 403],
    ['device.not_found', 404],
    ['route.method_not_allowed', 405],
    ['microversion.too_low', 406],
    ['state.not_allowed', 409],
    ['request.too_large', 413],
    ['request.media_type', 415],
    ['request.rate_limited', 429],
    ['internal.unexpected', 500],
  ])('answers %s with %i', (code, status) => expect(httpStatus(new CyborgError(code, ''))).toBe(status));

  it('answers as Cyborg only where that is asked for, and only what its tests demand', () => {
    const asserted = new CyborgError('device_profile.exists', '', { details: { upstreamStatus: 500 } });
    expect([httpStatus(asserted), httpStatus(asserted, 'upstream')]).toEqual([409, 500]);
    expect(httpStatus(new CyborgError('device_profile.exists', ''), 'upstream')).toBe(409);
  });

  it('has an error status for every code', () => {
    for (const code of Object.keys(errorTable) as ErrorCode[]) {
      expect(httpStatus(new CyborgError(code, '')), code).toBeGreaterThanOrEqual(400);
    }
  });
});

describe('retryAfterSeconds', () => {
  it('invites back only where waiting helps', () => {
    expect(retryAfterSeconds(new CyborgError('request.rate_limited', ''))).toBeGreaterThan(0);
    expect(retryAfterSeconds(new CyborgError('request.invalid', ''))).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { createTokenAuthenticator, hashToken, type StaticToken } from './token-authenticator.ts';

const token = (secret: string, roles: string[]): StaticToken => ({
  name: `holder of ${secret}`,
  sha256: hashToken(secret),
  roles,
  project: 'p1',
});

const auth = createTokenAuthenticator([
  token('s3cret', ['admin']),
  token('nova', ['service']),
  token('ro', ['reader']),
]);

describe('createTokenAuthenticator', () => {
  it.each([
    { 'x-auth-token': 's3cret' },
    { authorization: 'Bearer s3cret' },
    { authorization: 'bearer  s3cret' },
  ])('lets in %j with the implied roles', async (headers) =>
    expect(await auth.authenticate(headers)).toEqual({
      userId: 'holder of s3cret',
      projectId: 'p1',
      roles: ['admin', 'manager', 'member', 'reader'],
      service: false,
      serviceUserId: null,
    }),
  );

  it('marks a request that a service vouches for', async () =>
    expect(await auth.authenticate({ 'x-auth-token': 'ro', 'x-service-token': 'nova' })).toMatchObject({
      roles: ['reader'],
      service: true,
      serviceUserId: 'holder of nova',
    }));

  it.each([
    {},
    { 'x-auth-token': '' },
    { 'x-auth-token': 'S3CRET' },
    { 'x-auth-token': hashToken('s3cret') },
    { authorization: 'Basic s3cret' },
    { 'x-auth-token': 's3cret', 'x-service-token': 'nonsense' },
    { 'x-auth-token': 's3cret', 'x-service-token': 'ro' },
  ])('refuses %j', async (headers) =>
    expect(auth.authenticate(headers)).rejects.toMatchObject({ code: 'auth.required' }),
  );

  it('lets nobody in when no token is known', async () =>
    expect(createTokenAuthenticator([]).authenticate({ 'x-auth-token': 'x' })).rejects.toMatchObject({
      code: 'auth.required',
    }));
});

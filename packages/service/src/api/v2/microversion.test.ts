import { describe, expect, it } from 'vitest';
import { readMicroversion, requireMinor, versionHeaders } from './microversion.ts';

describe('readMicroversion', () => {
  it.each([
    [undefined, 0],
    ['accelerator 2.0', 0],
    ['accelerator 2.3', 3],
    ['Accelerator  2.1', 1],
    ['accelerator latest', 3],
    ['LATEST', 3],
    ['2.1', 1],
    ['compute 2.1, accelerator 2.2', 2],
    ['compute 2.1', 0],
    ['compute 2.1, identity 3.0', 0],
  ])('reads %s as 2.%i', (header, minor) => expect(readMicroversion(header)).toBe(minor));

  it.each([
    'accelerator',
    'accelerator 2',
    '2.1.1',
    'abc',
    '2.x',
    '',
    'accelerator 2.1 2.2',
    'accelerator -1.0',
  ])('cannot read "%s"', (header) =>
    expect(() => readMicroversion(header)).toThrowError(
      expect.objectContaining({
        code: 'microversion.malformed',
        message: 'Invalid value for OpenStack-API-Version header',
      }),
    ),
  );

  it.each([
    [
      'accelerator 2.4',
      'Version 2.4 was requested but the minor version is not supported by this service. ' +
        'The supported version range is: [2.0, 2.3].',
    ],
    [
      '3.0',
      'Mutually exclusive versions requested. Version 3.0 requested but not supported by this service. ' +
        'The supported version range is: [2.0, 2.3].',
    ],
  ])('refuses %s with the range', (header, message) =>
    expect(() => readMicroversion(header)).toThrowError(
      expect.objectContaining({ code: 'microversion.unsupported', message }),
    ),
  );
});

describe('versionHeaders', () => {
  it('leaves the version in use out when there is none', () => {
    expect(Object.keys(versionHeaders())).not.toContain('openstack-api-version');
    expect(versionHeaders(2)['openstack-api-version']).toBe('accelerator 2.2');
  });
});

describe('requireMinor', () => {
  it('names the version that has the feature', () => {
    expect(() => requireMinor(2, 2)).not.toThrow();
    expect(() => requireMinor(1, 2)).toThrow('The minimal required API version should be 2.2');
  });
});

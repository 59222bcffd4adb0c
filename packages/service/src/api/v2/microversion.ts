import { CyborgError } from '@cyborgjs/core';

/** The minor versions of API 2 that are served. */
export const minorVersions = { min: 0, max: 3 } as const;

const range = `The supported version range is: [2.${minorVersions.min}, 2.${minorVersions.max}].`;

/**
 * The minor version of API 2 that a request asks for with `OpenStack-API-Version` (OpenStack's API-WG guideline on
 * microversions): `accelerator 2.N` or `accelerator latest`, among those of other services or alone, and the deprecated
 * form without the service type. No header, or one that is for other services, means 0. Throws `microversion.malformed` and
 * `microversion.unsupported`.
 */
export function readMicroversion(header: string | undefined): number {
  if (header === undefined) return minorVersions.min;
  const entries = header.split(',').map((entry) => entry.trim().split(/\s+/));
  if (entries.some((words) => words.length > 2)) throw malformed();
  const own = entries.find(
    ([service, version]) => version !== undefined && /^accelerator$/i.test(service ?? ''),
  );
  const version = own?.[1] ?? entries.find((words) => words.length === 1)?.[0];
  return version === undefined ? minorVersions.min : minorOf(version);
}

/** The four headers of every answer below `/v2`; the version in use is left out when there is none. */
export function versionHeaders(minor?: number): Record<string, string> {
  return {
    vary: 'OpenStack-API-Version',
    'openstack-api-minimum-version': `2.${minorVersions.min}`,
    'openstack-api-maximum-version': `2.${minorVersions.max}`,
    ...(minor !== undefined && { 'openstack-api-version': `accelerator 2.${minor}` }),
  };
}

/** Throws `microversion.too_low` when the request's minor version lacks a feature. */
export function requireMinor(minor: number, needed: number): void {
  if (minor >= needed) return;
  const text = `Request not acceptable. The minimal required API version should be 2.${needed}`;
  throw new CyborgError('microversion.too_low', text);
}

function minorOf(version: string): number {
  if (/^latest$/i.test(version)) return minorVersions.max;
  const match = /^(\d{1,6})\.(\d{1,6})$/.exec(version);
  if (match === null) throw malformed();
  const [major, minor] = [Number(match[1]), Number(match[2])];
  const name = `${major}.${minor}`;
  if (major !== 2) {
    throw unsupported(
      `Mutually exclusive versions requested. Version ${name} requested but not supported by this service. ${range}`,
    );
  }
  if (minor > minorVersions.max) {
    throw unsupported(
      `Version ${name} was requested but the minor version is not supported by this service. ${range}`,
    );
  }
  return minor;
}

function malformed(): CyborgError {
  return new CyborgError('microversion.malformed', 'Invalid value for OpenStack-API-Version header');
}

function unsupported(message: string): CyborgError {
  return new CyborgError('microversion.unsupported', message);
}

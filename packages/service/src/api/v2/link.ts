import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { PythonText, pythonString } from './python-json.ts';

/** A link of a resource, as all OpenStack services write them. */
export const Link = z.object({ href: z.string(), rel: z.enum(['self', 'bookmark']) });
export type Link = z.output<typeof Link>;

/** Scheme and host under which clients know the service: as configured, or as the request says. */
export function publicUrl(request: FastifyRequest, configured: string | null): string {
  return configured?.replace(/\/+$/, '') ?? `${request.protocol}://${request.host}`;
}

/** The link to what lies below `/v2` at a path; to `/v2` itself without one. */
export function selfLink(base: string, ...path: readonly string[]): Link {
  return { href: [`${base}/accelerator/v2`, ...path].join('/'), rel: 'self' };
}

/** Writes the links of one thing. */
export type LinksWriter = (id: string) => PythonText;

/** For things of one kind below `/v2`, by their uuids. */
export function linksWriter(base: string, resource: string): LinksWriter {
  const start = `[{"href": ${pythonString(`${base}/accelerator/v2/${resource}/`).slice(0, -1)}`;
  return (id) => new PythonText(`${start}${id}", "rel": "self"}]`);
}

/** The second link that deployables have. */
export function bookmarkLink(base: string, ...path: readonly string[]): Link {
  return { href: [`${base}/accelerator`, ...path].join('/'), rel: 'bookmark' };
}

import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ApiContext } from '../api-components.ts';
import { readArguments } from './arguments.ts';
import { nameNoCharacterSet } from './content-type.ts';
import { faults } from './fault.ts';
import { Link, publicUrl, selfLink } from './link.ts';
import { minorVersions } from './microversion.ts';
import { pythonJson } from './python-json.ts';

const range = { max_version: `2.${minorVersions.max}`, min_version: `2.${minorVersions.min}` };

const Version = z.object({
  id: z.string(),
  status: z.literal('CURRENT'),
  max_version: z.string(),
  min_version: z.string(),
  links: z.array(Link),
});

const VersionList = z.object({
  name: z.string(),
  description: z.string(),
  versions: z.array(Version),
  default_version: Version,
});

const description =
  'Cyborg is the OpenStack project for lifecycle management of hardware accelerators, such as GPUs,FPGAs, ' +
  'AI chips, security accelerators, etc.';

/** `GET /`: which versions there are. Public, and of no microversion. */
export function registerVersionList(app: FastifyInstance, { settings }: ApiContext): void {
  nameNoCharacterSet(app);
  app.route({
    method: 'GET',
    url: '/',
    config: { rule: 'public' },
    schema: {
      tags: ['v2'],
      summary: 'List the versions of the Cyborg API',
      response: { 200: VersionList },
    },
    serializerCompiler: () => pythonJson,
    handler: async (request) => {
      const links = [selfLink(publicUrl(request, settings.publicEndpoint))];
      const version = { id: 'v2', status: 'CURRENT', ...range, links };
      return { name: 'OpenStack Cyborg API', description, versions: [version], default_version: version };
    },
  });
}

/**
 * `GET /v2`: the version document, public. keystoneauth recognises it by its `id` and takes the address of all later
 * calls from its link.
 */
export function registerVersion(app: FastifyInstance, { settings }: ApiContext): void {
  app.route({
    method: 'GET',
    url: '/v2',
    config: { rule: 'public' },
    schema: { tags: ['v2'], summary: 'Show API version 2', response: { 200: Version, ...faults } },
    handler: async (request) => {
      readArguments(request.query, []);
      const self = selfLink(publicUrl(request, settings.publicEndpoint), '');
      return { id: 'v2.0', links: [self], ...range, status: 'CURRENT' };
    },
  });
}

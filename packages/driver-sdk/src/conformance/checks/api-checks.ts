import { driverApiVersion } from '../../driver-manifest.ts';
import { negotiateApi, servedApiVersions } from '../../host/negotiate-api.ts';
import type { Check } from '../check.ts';

/** Contract versions that no driver can have been made for. */
const foreignVersions = ['0.0.1', '99.0.0'] as const;

export const apiUnsupported: Check = {
  id: 3,
  name: 'api-unsupported',
  scope: 'package',
  holds:
    'Contract versions that the driver cannot know are outside its api range, so that it is refused before it runs.',
  why: 'A driver that claims to work with every contract is loaded under one that it has never seen, and fails there.',
  run: async ({ manifest, expect }) => {
    for (const version of foreignVersions)
      expect(
        negotiateApi(manifest.api, [version]) === undefined,
        () =>
          `the api range ${manifest.api} takes contract ${version}, which it cannot know; expected it to be refused before anything of it is run. Write ^${servedApiVersions[0]}, or with the lowest version that has what it needs`,
      );
  },
};

export const apiHighest: Check = {
  id: 4,
  name: 'api-highest',
  scope: 'package',
  holds: 'Of two contracts that a host serves, the driver takes the newer one.',
  why: 'An agent that serves two contracts must use the newer one with each driver that knows it.',
  run: async ({ manifest, expect }) => {
    const major = Number(driverApiVersion.split('.')[0]);
    const offered = [`${major - 1}.9.0`, driverApiVersion];
    const chosen = negotiateApi(manifest.api, offered);
    expect(
      chosen === driverApiVersion,
      () =>
        `of the contracts ${offered.join(' and ')}, the api range ${manifest.api} takes ${chosen ?? 'none'}; expected ${driverApiVersion}, the highest`,
    );
  },
};

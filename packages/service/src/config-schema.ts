import { QuotaLimits } from '@cyborgjs/core';
import { z } from 'zod';

const milliseconds = (fallback: number, text: string) =>
  z.int().min(1).max(86_400_000_000).default(fallback).describe(text);
const secret = (text: string) => z.string().min(1).describe(text).meta({ secret: true });

const Role = z.enum(['admin', 'manager', 'member', 'reader', 'service']);

const TokenAuth = z.strictObject({
  kind: z
    .literal('token')
    .describe('Static tokens. One is made at the first start and written to <stateDir>/token.'),
  tokens: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('Who holds it; shown as the asker of operations.'),
        sha256: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .describe('SHA-256 of the token, hexadecimal: printf %s "$TOKEN" | sha256sum'),
        roles: z.array(Role).min(1).default(['admin']).describe('What the holder may do.'),
        project: z.string().min(1).default('default').describe('Project the holder acts for.'),
      }),
    )
    .default([])
    .describe('Further tokens, by their hash.'),
});

const NoAuth = z.strictObject({
  kind: z.literal('none').describe('Everyone is an administrator; only on a loopback address.'),
});

/** Keystone v3 by name and password; what every service of ours in a cloud has. */
const keystoneUser = {
  authUrl: z.url().describe('Keystone: http://controller:5000/v3'),
  username: z.string().min(1),
  password: secret('Better set by the environment than written here; `cyborgd --help` names the variables.'),
  userDomainName: z.string().min(1).default('Default'),
  projectName: z.string().min(1).default('service'),
  projectDomainName: z.string().min(1).default('Default'),
};

const KeystoneAuth = z.strictObject({
  kind: z.literal('keystone').describe('Tokens of Keystone v3, validated by a user of ours.'),
  ...keystoneUser,
  wwwAuthenticateUri: z
    .url()
    .nullable()
    .default(null)
    .describe('Where clients get tokens; told to those who come without. Null is authUrl.'),
  cacheTtlMs: milliseconds(
    300_000,
    'How long a validated token is believed; a revoked one works on for that long.',
  ),
  cacheEntries: z.int().min(1).max(1_000_000).default(10_000).describe('Most tokens that are remembered.'),
  serviceTokenRoles: z
    .array(z.string().min(1))
    .min(1)
    .default(['service'])
    .describe('X-Service-Token needs one of these roles.'),
  serviceTokenRolesRequired: z
    .boolean()
    .default(true)
    .describe('Refuse a service token without such a role, instead of letting it not count.'),
});

const Api = z.strictObject({
  listen: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
      port: z.int().min(0).max(65_535).default(6666).describe('TCP port; 0 takes a free one.'),
    })
    .prefault({}),
  publicEndpoint: z
    .url({ protocol: /^https?$/ })
    .nullable()
    .default(null)
    .describe('Scheme and host in links, without a path; null uses those of the request.'),
  auth: z
    .discriminatedUnion('kind', [TokenAuth, KeystoneAuth, NoAuth])
    .prefault({ kind: 'token' })
    .describe('Who may call.'),
  policyFile: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Rules that replace the defaults, in the language of oslo.policy; read again when it changes. Null: the defaults.',
    ),
  requestsPerMinute: z
    .int()
    .min(1)
    .default(6000)
    .describe('Requests that one client may make in a minute; more are answered 429.'),
  bodyLimitBytes: z.int().min(1024).default(1_048_576).describe('Largest request body.'),
  v2: z
    .strictObject({
      errors: z
        .enum(['mended', 'upstream'])
        .default('mended')
        .describe(
          'upstream answers 500 to the bad device profiles for which the tests of Cyborg (cyborg-tempest-plugin) demand it; mended says 400 and 409.',
        ),
    })
    .prefault({}),
});

const Bus = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('memory').describe('Within one process: `cyborgd all`.') }),
  z.strictObject({
    kind: z.literal('rabbitmq').describe('RabbitMQ 3.10 or later, with quorum queues.'),
    url: secret('amqp:// or amqps:// address with user and password.'),
    prefix: z
      .string()
      .regex(/^[\w.-]+$/)
      .default('cyborg')
      .describe('Beginning of the names of all queues.'),
  }),
]);

const Store = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('sqlite').describe('One file; for one machine.'),
    file: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe('Database file; null is <stateDir>/cyborg.sqlite.'),
  }),
  z.strictObject({
    kind: z.literal('mysql').describe('MariaDB 10.6 or MySQL 8, or later.'),
    url: secret('mysql://user:password@host:3306/database'),
  }),
  z.strictObject({
    kind: z.literal('postgresql').describe('PostgreSQL 13 or later.'),
    url: secret('postgresql://user:password@host:5432/database'),
  }),
]);

const Quotas = QuotaLimits.default({}).describe(
  'How many accelerator requests each project may have, by resource class; "*" is all classes together, -1 any number. `cyborg quota set` gives a project limits of its own.',
);

const pattern = (text: string) => z.string().min(1).max(255).optional().describe(text);

const AutoReadyRule = z
  .strictObject({
    driver: pattern('Id of the driver: gpu.'),
    vendor: pattern('PCI vendor id: 10de.'),
    model: pattern('Model: "NVIDIA H200*".'),
    host: pattern('Name of the host: node-*.'),
    trait: pattern('A trait that a part of the device has: CUSTOM_GPU_NVIDIA.'),
    profile: z
      .string()
      .min(1)
      .optional()
      .describe("Layout to install, as the driver names it; left out: the driver's default."),
    options: z.record(z.string(), z.string()).optional().describe('Options of the driver.'),
  })
  .refine(
    ({ driver, vendor, model, host, trait }) => [driver, vendor, model, host, trait].some(Boolean),
    'a rule needs driver, vendor, model, host or trait; one for every device is {host: "*"}',
  );

const AutoReady = z
  .array(AutoReadyRule)
  .max(1000)
  .default([])
  .describe(
    'Which new devices are made ready without an operator: the first rule counts whose conditions all hold, * and ? standing for any characters and one. Once for each device, and none that is not well, has no identity, or was taken back. None: every device waits for an operator.',
  );

const Conductor = z.strictObject({
  hostSilenceMs: milliseconds(
    60_000,
    'After this long without a word from its agent a host counts as silent.',
  ),
  healthTtlMs: milliseconds(
    300_000,
    'After this long without a good report of its driver the health of a device is unknown; several times agent.rescanIntervalMs.',
  ),
  maxAttempts: z
    .int()
    .min(1)
    .max(100)
    .default(5)
    .describe('How often an operation is tried that may be tried again.'),
  operationDeadlineMs: milliseconds(1_800_000, 'An operation that has not ended by then has failed.'),
  bindDeadlineMs: milliseconds(
    240_000,
    'The same for preparing an accelerator for a server; less than arq_binding_timeout of Nova.',
  ),
  orphanAgeMs: milliseconds(
    900_000,
    'How long requests of a server must have been left alone before Nova is asked whether the server exists.',
  ),
  unboundRequestAgeMs: milliseconds(
    86_400_000,
    'How long a request is kept that nobody has bound to a server: one of a boot that was given up.',
  ),
  imageLimitBytes: z
    .int()
    .min(1)
    .default(536_870_912)
    .describe('Largest image that a device is programmed with.'),
  uploadStoreBytes: z
    .int()
    .min(1)
    .default(2_147_483_648)
    .describe('Room in the database for images that operators have uploaded.'),
  uploadRetentionMs: milliseconds(
    604_800_000,
    'How long an uploaded image is kept that nothing was programmed with.',
  ),
  reconcileGraceMs: milliseconds(
    60_000,
    'How long what a host holds and what is stored may differ before it is detached, or attached again.',
  ),
  goneRetentionMs: milliseconds(
    604_800_000,
    'How long a device that vanished is still shown when nothing holds it.',
  ),
  auditRetentionMs: z
    .int()
    .min(1)
    .max(315_576_000_000)
    .default(31_536_000_000)
    .describe('How long it is kept who asked for which change.'),
  auditRecords: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .default(1_000_000)
    .describe('Most such records that are kept; the oldest go first.'),
  quotas: Quotas,
  autoReady: AutoReady,
  webhookPlainHttp: z
    .boolean()
    .default(false)
    .describe('Let webhooks have plain http addresses; otherwise only loopback addresses may be.'),
  webhookTimeoutMs: milliseconds(10_000, 'How long the receiver of a webhook may take to answer.'),
  webhookGiveUpMs: milliseconds(
    259_200_000,
    'A webhook to which nothing could be delivered for this long is disabled; less than events are kept.',
  ),
});

/** One driver to run: an installed package or a directory, and its settings. */
const DriverChoice = z.strictObject({
  package: z.string().min(1).describe('Name of an installed package, or path of a directory that holds one.'),
  config: z.record(z.string(), z.unknown()).default({}).describe('Settings, checked by the driver itself.'),
});

const referenceDrivers = ['@cyborgjs/driver-gpu', '@cyborgjs/driver-fpga', '@cyborgjs/driver-pci'];

const AgentHost = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(180)
    .nullable()
    .default(null)
    .describe(
      'Name of the host as Placement knows it (hypervisor hostname); null is the name of this machine.',
    ),
  machine: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('real').describe('The machine that the agent runs on.') }),
      z.strictObject({
        kind: z.literal('simulated').describe('A tree of files that behaves like a machine.'),
        root: z.string().min(1).describe('Directory of the tree; made when it is absent.'),
      }),
    ])
    .prefault({ kind: 'real' }),
  drivers: z
    .array(DriverChoice)
    .nullable()
    .default(null)
    .describe('Drivers of this host, and no others; null is agent.drivers and those of agent.driversDir.'),
});

const Agent = z.strictObject({
  hosts: z
    .array(AgentHost)
    .min(1)
    .prefault([{}])
    .describe('The hosts whose agents run in this process; usually just this machine.'),
  drivers: z
    .array(DriverChoice)
    .prefault(referenceDrivers.map((name) => ({ package: name })))
    .describe(
      'Drivers to run, each in a process of its own, beside those that "cyborgd driver add" has installed.',
    ),
  driversDir: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('Where "cyborgd driver add" installs drivers; null is <stateDir>/drivers.'),
  driverUser: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      "User, by name or number, that the processes of drivers run as; needs an agent that runs as root, and setpriv. null is the agent's own user: then what holds a driver in is no wall.",
    ),
  imageCacheBytes: z
    .int()
    .min(1_048_576)
    .default(2_147_483_648)
    .describe('Room on disk for images that devices of a host are programmed with; the oldest go first.'),
  rescanIntervalMs: milliseconds(60_000, 'Pause between two scans.'),
  heartbeatIntervalMs: milliseconds(15_000, 'Pause between two signs of life.'),
  statsIntervalMs: milliseconds(
    15_000,
    'Pause between two readings of the statistics of devices, of drivers that have some.',
  ),
  driverPatience: z
    .number()
    .min(1)
    .max(100)
    .default(1)
    .describe(
      'How many times longer than usual a driver may take to start and to answer pings: on slow machines.',
    ),
});

const ServiceAuth = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('password').describe('Keystone v3, name and password.'),
    ...keystoneUser,
    region: z.string().min(1).nullable().default(null),
    interface: z.enum(['public', 'internal', 'admin']).default('internal'),
  }),
  z.strictObject({
    kind: z.literal('none').describe('A service with auth_strategy noauth2.'),
    endpoint: z.url(),
    token: z.string().min(1).default('admin'),
  }),
]);

const Placement = z.strictObject({
  enabled: z.boolean().default(true),
  auth: ServiceAuth.describe('How to reach Placement.'),
  endpoint: z
    .url()
    .nullable()
    .default(null)
    .describe('Address of Placement; null takes it from the catalog.'),
  createRoot: z
    .boolean()
    .nullable()
    .default(null)
    .describe(
      'Make the provider of the host when nova-compute has not: for clouds without Nova. Null: of simulated hosts only.',
    ),
});

const Nova = z.strictObject({
  enabled: z.boolean().default(true),
  auth: ServiceAuth.describe('How to reach Nova; the user must be allowed to send external events.'),
  endpoint: z.url().nullable().default(null).describe('Address of Nova; null takes it from the catalog.'),
});

const Glance = z.strictObject({
  enabled: z.boolean().default(true),
  auth: ServiceAuth.describe(
    'How to reach Glance; the user must see the images that devices are programmed with.',
  ),
  endpoint: z.url().nullable().default(null).describe('Address of Glance; null takes it from the catalog.'),
});

/** The whole configuration file, section by section; every section is named for the room it tunes. */
export const ConfigSchema = z.strictObject({
  stateDir: z
    .string()
    .min(1)
    .describe('Directory for the database, ledgers and the token; only its owner may read it.'),
  log: z
    .strictObject({
      level: z
        .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
        .default('info')
        .describe('How much to log.'),
    })
    .prefault({}),
  api: Api.prefault({}),
  bus: Bus.prefault({ kind: 'memory' }).describe('What carries commands down and facts up.'),
  store: Store.prefault({ kind: 'sqlite' }).describe('Where everything is kept.'),
  conductor: Conductor.prefault({}),
  agent: Agent.prefault({}),
  nova: Nova.nullable().default(null).describe('Null: there is no Nova to be told of bindings.'),
  glance: Glance.nullable().default(null).describe('Null: there is no Glance to take images from.'),
  placement: Placement.nullable().default(null).describe('Null: the cloud has no Placement.'),
});
export type Config = z.output<typeof ConfigSchema>;

/** Which part of the configuration an agent's host is. */
export type AgentHostConfig = Config['agent']['hosts'][number];
/** How another OpenStack service is reached. */
export type OpenStackServiceConfig = Pick<NonNullable<Config['nova']>, 'auth' | 'endpoint'>;
export type DriverChoiceConfig = Config['agent']['drivers'][number];

/** The schema for editors, as JSON Schema 2020-12 of what may stand in the file. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(ConfigSchema, { io: 'input' });
  return {
    ...schema,
    title: 'Configuration of cyborgd',
    // The daemon fills it in from the environment, so a file need not say it.
    required: (schema.required ?? []).filter((key) => key !== 'stateDir'),
  };
}

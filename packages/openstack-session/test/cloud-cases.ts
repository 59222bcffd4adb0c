/** A cloud in files and variables, and what comes of it. */
export interface CloudCase {
  readonly title: string;
  /** Texts by path; `cwd/` is the working directory, `home/` the user's. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly cloud?: string;
  readonly region?: string;
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** Part of the resolved cloud, or of the message of the error. */
  readonly expected: object | string;
  /** Part of the settings of Placement. */
  readonly placement?: object;
  /** Why openstacksdk does otherwise, where it does. */
  readonly differs?: string;
}

const lab = `
clouds:
  lab:
    auth: {auth_url: "http://keystone:5000/v3", username: cyborg, password: pw, project_name: service}
    region_name: RegionOne
`;

const two = `${lab}
  other:
    auth: {auth_url: "http://other:5000", username: someone, password: pw}
`;

const files = (clouds: string) => ({ 'cwd/clouds.yaml': clouds });
const auth = 'auth: {auth_url: "http://k", username: u, password: p, project_name: s}';
const one = (more: string) => files(`clouds:\n  lab:\n    ${auth}\n${more.replace(/^/gm, '    ')}`);
const openrc = {
  OS_AUTH_URL: 'http://k:5000/v3',
  OS_USERNAME: 'cyborg',
  OS_PASSWORD: 'pw',
  OS_PROJECT_NAME: 'service',
};

/** Which file and which cloud. */
const choosing: readonly CloudCase[] = [
  {
    title: 'the only cloud of a file is taken',
    files: files(lab),
    expected: {
      name: 'lab',
      region: 'RegionOne',
      authType: 'password',
      auth: {
        auth_url: 'http://keystone:5000/v3',
        username: 'cyborg',
        password: 'pw',
        project_name: 'service',
      },
    },
  },
  { title: 'a cloud is asked for', files: files(two), cloud: 'other', expected: { name: 'other' } },
  { title: 'OS_CLOUD chooses', files: files(two), env: { OS_CLOUD: 'other' }, expected: { name: 'other' } },
  {
    title: 'asking wins over OS_CLOUD',
    files: files(two),
    env: { OS_CLOUD: 'other' },
    cloud: 'lab',
    expected: { name: 'lab' },
  },
  {
    title: 'several clouds need a choice',
    files: files(two),
    expected: 'several clouds: lab, other. Name one',
  },
  {
    title: 'a cloud that is not there',
    files: files(two),
    cloud: 'lob',
    expected: 'there is no cloud "lob"',
  },
  {
    title: 'no cloud at all has no address',
    expected: 'the default cloud (clouds.yaml, OS_CLOUD and the OS_ variables name none) has no auth_url',
  },
  {
    title: 'the working directory wins over the user’s own',
    files: { ...files(lab), 'home/.config/openstack/clouds.yaml': two },
    expected: { name: 'lab' },
  },
  {
    title: 'the user’s own file',
    files: { 'home/.config/openstack/clouds.yml': lab },
    expected: { name: 'lab' },
  },
  {
    title: 'XDG_CONFIG_HOME wins over ~/.config',
    files: { 'home/.config/openstack/clouds.yaml': two, 'home/xdg/openstack/clouds.yaml': lab },
    env: { XDG_CONFIG_HOME: '{home}/xdg' },
    expected: { name: 'lab' },
  },
  {
    title: 'YAML wins over JSON beside it',
    files: { ...files(lab), 'cwd/clouds.json': '{"clouds": {"json": {"auth": {"auth_url": "http://k"}}}}' },
    expected: { name: 'lab' },
  },
  {
    title: 'JSON',
    files: {
      'cwd/clouds.json':
        '{"clouds": {"json": {"auth": {"auth_url": "http://k", "username": "u", "password": "p"}, "api_timeout": 5}}}',
    },
    expected: { name: 'json', attemptTimeoutMs: 5000 },
  },
  {
    title: 'OS_CLIENT_CONFIG_FILE wins over all',
    files: { ...files(two), 'home/mine.yaml': lab },
    env: { OS_CLIENT_CONFIG_FILE: '{home}/mine.yaml' },
    expected: { name: 'lab' },
  },
  {
    title: 'OS_CLIENT_CONFIG_FILE that is not there is passed over',
    files: files(lab),
    env: { OS_CLIENT_CONFIG_FILE: '{home}/none.yaml' },
    expected: { name: 'lab' },
  },
  {
    title: 'secure.yaml is laid over, from wherever it is',
    files: {
      ...files(lab.replace(', password: pw', '')),
      'home/.config/openstack/secure.yaml': 'clouds: {lab: {auth: {password: hidden}, region_name: secret}}',
    },
    expected: { region: 'secret', auth: { username: 'cyborg', password: 'hidden' } },
  },
  {
    title: 'OS_CLIENT_SECURE_FILE',
    files: {
      ...files(lab),
      'cwd/secure.yaml': 'clouds: {lab: {auth: {password: beside}}}',
      'home/secret.yaml': 'clouds: {lab: {auth: {password: named}}}',
    },
    env: { OS_CLIENT_SECURE_FILE: '{home}/secret.yaml' },
    expected: { auth: { password: 'named' } },
  },
  {
    title: 'a profile of a vendor that lies beside',
    files: {
      ...files('clouds: {lab: {profile: acme, auth: {username: u, password: p, project_id: 1}}}'),
      'cwd/clouds-public.yaml':
        'public-clouds: {acme: {auth: {auth_url: "http://acme"}, regions: [east, west], interface: internal}}',
    },
    region: 'west',
    expected: { region: 'west', auth: { auth_url: 'http://acme', project_id: '1' } },
    placement: { interface: ['internal'] },
  },
  {
    title: 'a profile that does not lie beside',
    files: files('clouds: {lab: {profile: vexxhost, auth: {username: u, password: p}}}'),
    expected: 'uses the profile "vexxhost", which no clouds-public.yaml has',
    differs: 'it comes with profiles of its own',
  },
];

/** Variables. */
const variables: readonly CloudCase[] = [
  {
    title: 'an openrc',
    env: {
      ...openrc,
      OS_REGION_NAME: 'two',
      OS_USER_DOMAIN_NAME: 'Default',
      OS_PROJECT_DOMAIN_ID: 'default',
    },
    expected: {
      name: 'envvars',
      region: 'two',
      auth: { username: 'cyborg', user_domain_name: 'Default', project_domain_id: 'default' },
    },
  },
  { title: 'variables win over the file', files: files(lab), env: openrc, expected: { name: 'envvars' } },
  {
    title: 'OS_CLOUD wins over the other variables, which then say nothing',
    files: files(lab),
    env: { ...openrc, OS_CLOUD: 'lab', OS_PASSWORD: 'else' },
    expected: { name: 'lab', auth: { password: 'pw' } },
  },
  {
    title: 'variables of tests and logs are no cloud',
    files: files(lab),
    env: { OS_TEST_PATH: 'x', OS_STDOUT_CAPTURE: '1', OS_LOG_CAPTURE: '1', OS_REGION_NAME: 'elsewhere' },
    expected: { name: 'lab', region: 'RegionOne' },
  },
  {
    title: 'OS_CLOUD_NAME names the cloud of the variables',
    files: files(lab),
    env: { ...openrc, OS_CLOUD_NAME: 'mine' },
    expected: { name: 'mine' },
  },
  {
    title: 'OS_CLOUD_NAME that a file has too',
    files: files(lab),
    env: { ...openrc, OS_CLOUD_NAME: 'lab' },
    expected: 'set OS_CLOUD_NAME to another name',
  },
  {
    title: 'tenants are projects, endpoint types interfaces',
    env: {
      OS_AUTH_URL: 'http://k',
      OS_USERNAME: 'u',
      OS_PASSWORD: 'p',
      OS_TENANT_NAME: 'old',
      OS_ENDPOINT_TYPE: 'internalURL',
      OS_PLACEMENT_ENDPOINT_TYPE: 'admin',
    },
    expected: { auth: { project_name: 'old' } },
    placement: { interface: ['admin'] },
  },
  {
    title: 'a project wins over a tenant',
    env: { ...openrc, OS_TENANT_NAME: 'old' },
    expected: { auth: { project_name: 'service' } },
  },
  {
    title: 'an application credential',
    env: {
      OS_AUTH_TYPE: 'v3applicationcredential',
      OS_AUTH_URL: 'http://k',
      OS_APPLICATION_CREDENTIAL_ID: 'id',
      OS_APPLICATION_CREDENTIAL_SECRET: 's',
    },
    expected: {
      authType: 'v3applicationcredential',
      auth: { auth_url: 'http://k', application_credential_id: 'id', application_credential_secret: 's' },
    },
  },
  {
    title: 'a token',
    env: { OS_AUTH_TYPE: 'token', OS_AUTH_URL: 'http://k', OS_TOKEN: 't', OS_PROJECT_ID: '1' },
    expected: { authType: 'token', auth: { token: 't', project_id: '1' } },
  },
  {
    title: 'a token and an endpoint, under the older name',
    env: { OS_AUTH_TYPE: 'token_endpoint', OS_URL: 'http://placement', OS_TOKEN: 't' },
    expected: { authType: 'admin_token', auth: { token: 't', endpoint: 'http://placement' } },
  },
  {
    title: 'the scope of the system',
    env: { OS_AUTH_URL: 'http://k', OS_USERNAME: 'u', OS_PASSWORD: 'p', OS_SYSTEM_SCOPE: 'all' },
    expected: { auth: { system_scope: 'all' } },
  },
  {
    title: 'the domain as scope',
    env: { OS_AUTH_URL: 'http://k', OS_USERNAME: 'u', OS_PASSWORD: 'p', OS_DOMAIN_NAME: 'd' },
    expected: { auth: { domain_name: 'd' } },
  },
  {
    title: 'the domain said once for user and project',
    env: { ...openrc, OS_DOMAIN_ID: 'd', OS_USER_DOMAIN_ID: 'own' },
    expected: { auth: { user_domain_id: 'own', project_domain_id: 'd' } },
  },
  {
    title: 'OS_INSECURE=true',
    env: { ...openrc, OS_INSECURE: 'True' },
    expected: { tlsFiles: { verify: false } },
  },
  {
    title: 'OS_INSECURE=1 is not true',
    env: { ...openrc, OS_INSECURE: '1' },
    expected: { tlsFiles: { verify: true } },
  },
];

/** Keys of one cloud. */
const settings: readonly CloudCase[] = [
  {
    title: 'regions with settings of their own',
    files: one('regions:\n- name: one\n  values: {placement_endpoint_override: "http://one"}\n- two'),
    expected: { region: 'one' },
    placement: { endpoint: 'http://one', region: 'one' },
  },
  {
    title: 'another of the regions',
    files: one('regions: [one, two]'),
    region: 'two',
    expected: { region: 'two' },
  },
  {
    title: 'a region that is not there',
    files: one('regions: [one]'),
    region: 'One',
    expected: 'no region "One"',
  },
  {
    title: 'a region that is no region',
    files: one('regions: [{nom: one}]'),
    expected: 'not {name, values}',
  },
  { title: 'any region of a cloud without', files: one(''), region: 'any', expected: { region: 'any' } },
  { title: 'regions by comma', files: one('region_name: one,two'), expected: { region: 'one' } },
  {
    title: 'everything about Placement',
    files: one(
      'placement_endpoint_override: http://p/placement\nplacement_default_microversion: "1.28"\n' +
        'placement_interface: admin\nplacement_region_name: far\nplacement_service_name: placer\n' +
        'placement_connect_retries: 2\nstatus_code_retries: 3\nplacement_service_type: placement2',
    ),
    expected: { name: 'lab' },
    placement: {
      endpoint: 'http://p/placement',
      microversion: '1.28',
      interface: ['admin'],
      region: 'far',
      name: 'placer',
      connectRetries: 2,
      statusRetries: 3,
      type: 'placement2',
    },
  },
  {
    title: 'a version with a point is a microversion, as text or as a number',
    files: one('placement_api_version: 1.36\ncompute_api_version: 2.0\nvolume_api_version: "3"'),
    expected: { name: 'lab' },
    placement: { apiVersion: '1.36', microversion: '1.36' },
  },
  {
    title: 'two microversions',
    files: one('placement_api_version: 1.36\nplacement_default_microversion: 1.35'),
    expected: { name: 'lab' },
  },
  {
    title: 'dashes, and who it is outside of auth',
    files: files(
      'clouds: {lab: {auth: {auth-url: "http://k", password: 007}, username: u, project-name: s, user-domain-name: D}}',
    ),
    expected: {
      auth: { auth_url: 'http://k', username: 'u', password: '7', project_name: 's', user_domain_name: 'D' },
    },
  },
  {
    title: 'YAML as Python reads it',
    files: files(
      'clouds: {lab: {verify: no, auth: {auth_url: "http://k", username: y, password: 1e3, project_name: 089, project_domain_name: 2.50}}}',
    ),
    expected: {
      tlsFiles: { verify: false },
      auth: { username: 'y', password: '1e3', project_name: '089', project_domain_name: '2.5' },
    },
  },
  {
    title: 'anchors and merges',
    files: files(
      'base: &base {auth_url: "http://k", username: u, password: p}\nclouds: {lab: {auth: {<<: *base, project_id: abc}}}',
    ),
    expected: { auth: { auth_url: 'http://k', username: 'u', project_id: 'abc' } },
  },
  {
    title: 'settings in the address of Keystone',
    files: files(
      'clouds: {lab: {region_name: east, auth: {auth_url: "https://{region_name}.example.org", username: u, password: "{x}"}}}',
    ),
    expected: { auth: { auth_url: 'https://east.example.org', password: '{x}' } },
  },
  {
    title: 'a setting in another that is not there',
    files: one('placement_endpoint_override: http://{nothing}'),
    expected: 'refers to {nothing}',
  },
  {
    title: 'TLS',
    files: { ...one('cacert: ~/ca.pem\ncert: ~/cert.pem\nkey: ~/key.pem'), ...pems() },
    expected: {
      tlsFiles: { verify: true, cacert: '~/ca.pem', cert: '~/cert.pem', key: '~/key.pem' },
      tls: { rejectUnauthorized: true, ca: 'ca', cert: 'cert', key: 'key' },
    },
  },
  {
    title: 'certificate and key in one file',
    files: { ...one('cert: ~/cert.pem'), ...pems() },
    expected: { tls: { cert: 'cert', key: 'cert' } },
  },
  {
    title: 'insecure wins over cacert',
    files: { ...one('cacert: ~/ca.pem\ninsecure: true'), ...pems() },
    expected: { tls: { rejectUnauthorized: false } },
  },
  {
    title: 'timeouts of services are one',
    files: one('nova_timeout: 7'),
    expected: { attemptTimeoutMs: 7000 },
  },
  {
    title: 'no Keystone',
    files: files('clouds: {lab: {auth_type: none, auth: {endpoint: "http://127.0.0.1:8778"}}}'),
    expected: { authType: 'none' },
    placement: { endpoint: 'http://127.0.0.1:8778' },
  },
  {
    title: 'HTTP Basic',
    files: files(
      'clouds: {lab: {auth_type: http_basic, auth: {endpoint: "http://e", user_name: u, password: p}}}',
    ),
    expected: { authType: 'http_basic', auth: { username: 'u', password: 'p', endpoint: 'http://e' } },
  },
  {
    title: 'an auth_type that is not known',
    files: one('auth_type: v3made_up'),
    expected: 'auth_type "v3made_up", which is not known here',
  },
  {
    title: 'overrides win',
    files: files(lab),
    overrides: { 'os-interface': 'internal', auth: { project_name: 'mine' }, cacert: null },
    expected: { auth: { project_name: 'mine', username: 'cyborg' } },
    placement: { interface: ['internal'] },
  },
  {
    title: 'several interfaces in the order of preference',
    files: one('interface: [internal, public]'),
    expected: { name: 'lab' },
    placement: { interface: ['internal', 'public'] },
  },
];

function pems(): Record<string, string> {
  return { 'home/ca.pem': 'ca', 'home/cert.pem': 'cert', 'home/key.pem': 'key' };
}

/** Clouds in files and variables, with what comes of each. */
export const cloudCases: readonly CloudCase[] = [...choosing, ...variables, ...settings];

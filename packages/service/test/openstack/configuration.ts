/** Where the parts of a cloud are and how they talk; all on loopback. */
export interface CloudPlan {
  readonly directory: string;
  /** With `/v3`. */
  readonly keystoneUrl: string;
  readonly region: string;
  /** Of every user. */
  readonly password: string;
  readonly rabbitUrl: string;
  /** The SQLAlchemy URL of a database of that name. */
  readonly databaseUrl: (name: string) => string;
}

/** Whom all services are: one user is made faster than six. */
export const serviceUser = 'openstack';

/** How a service logs in. */
function login({ keystoneUrl, password }: CloudPlan): string {
  return `auth_type = password
auth_url = ${keystoneUrl}
username = ${serviceUser}
password = ${password}
project_name = service
user_domain_id = default
project_domain_id = default`;
}

/** How a service judges the tokens of others. */
function tokenCheck(plan: CloudPlan): string {
  return `[keystone_authtoken]
www_authenticate_uri = ${plan.keystoneUrl}
service_token_roles = service
service_token_roles_required = true
${login(plan)}`;
}

/** Few connections each: the database may be one that others use too. */
const pool = 'max_pool_size = 4\nmax_overflow = 8';

export function placementConf(plan: CloudPlan): string {
  return `[DEFAULT]
use_stderr = true
[api]
auth_strategy = keystone
[placement_database]
connection = ${plan.databaseUrl('placement')}
${pool}
${tokenCheck(plan)}
`;
}

export function glanceConf(plan: CloudPlan): string {
  const images = `${plan.directory}/images`;
  return `[DEFAULT]
use_stderr = true
bind_host = 127.0.0.1
enabled_backends = here:file
[database]
connection = ${plan.databaseUrl('glance')}
${pool}
[glance_store]
default_backend = here
[here]
filesystem_store_datadir = ${images}
[os_glance_staging_store]
filesystem_store_datadir = ${images}/staging
[os_glance_tasks_store]
filesystem_store_datadir = ${images}/tasks
[paste_deploy]
flavor = keystone
${tokenCheck(plan)}
`;
}

/** Without databases, which nova-compute is not to know of. */
export function novaConf(plan: CloudPlan): string {
  return `[DEFAULT]
use_stderr = true
my_ip = 127.0.0.1
host = controller
transport_url = ${plan.rabbitUrl}
state_path = ${plan.directory}/nova
compute_driver = fake.FakeDriver
enabled_apis = osapi_compute
heal_instance_info_cache_interval = -1
# On a machine that is busy, signs of life and answers may be late.
service_down_time = 600
rpc_response_timeout = 240
# Notices a new host, and changes of its providers, sooner than normal.
update_resources_interval = 10
[oslo_concurrency]
lock_path = ${plan.directory}/nova/locks
[conductor]
workers = 1
[scheduler]
workers = 1
[vnc]
enabled = false
[glance]
region_name = ${plan.region}
valid_interfaces = public
[placement]
region_name = ${plan.region}
valid_interfaces = public
${login(plan)}
[neutron]
region_name = ${plan.region}
valid_interfaces = public
${login(plan)}
[cyborg]
region_name = ${plan.region}
valid_interfaces = public
[service_user]
send_service_user_token = true
${login(plan)}
${tokenCheck(plan)}
`;
}

export function novaDatabases(plan: CloudPlan): string {
  return `[api_database]
connection = ${plan.databaseUrl('nova_api')}
${pool}
[database]
connection = ${plan.databaseUrl('nova')}
${pool}
`;
}

export function computeConf(plan: CloudPlan, host: string): string {
  return `[DEFAULT]
host = ${host}
state_path = ${plan.directory}/${host}
[oslo_concurrency]
lock_path = ${plan.directory}/${host}/locks
`;
}

/**
 * A network service with nothing in it. Nova asks for the ports of a server that it deletes or shows, even when it was
 * booted without a network, and fails when there is no such service.
 */
export const emptyNetwork = `import json

def application(environ, start_response):
    parts = environ.get('PATH_INFO', '').strip('/').split('/')
    kind = parts[1].replace('.json', '').replace('-', '_') if len(parts) > 1 else 'versions'
    start_response('200 OK', [('Content-Type', 'application/json')])
    return [json.dumps({kind: []}).encode()]
`;

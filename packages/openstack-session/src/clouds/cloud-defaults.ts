import type { CloudValues } from './cloud-values.ts';

/** What holds where a cloud says nothing (openstacksdk, `config/defaults.json`; only what a session reads). */
export const cloudDefaults: CloudValues = {
  api_timeout: null,
  verify: true,
  cacert: null,
  cert: null,
  key: null,
  auth_type: 'password',
  baremetal_status_code_retries: 5,
  baremetal_introspection_status_code_retries: 5,
  image_status_code_retries: 5,
  interface: 'public',
  network_api_version: '2',
  object_store_api_version: '1',
};

/** What a caller should do about an error: mend the input, look elsewhere, wait for another, ask, retry, report. */
export type ErrorKind = 'invalid' | 'not-found' | 'conflict' | 'forbidden' | 'unavailable' | 'internal';

interface ErrorEntry {
  readonly kind: ErrorKind;
  /** When it happens and what helps; becomes the documentation. */
  readonly text: string;
}

/** Every code the service answers with. Codes are for ever; messages may change. */
export const errorTable = {
  'request.invalid': {
    kind: 'invalid',
    text: 'The request does not fit its schema; the message names the place.',
  },
  'state.not_allowed': {
    kind: 'conflict',
    text: 'The thing is in a state in which this cannot be done; the message names the states in which it can.',
  },
  'host.not_found': { kind: 'not-found', text: 'No agent of that name has ever reported. List the hosts.' },
  'device.not_found': { kind: 'not-found', text: 'No device has that id. List the devices.' },
  'operation.not_found': { kind: 'not-found', text: 'No operation has that id. List the operations.' },
  'config.unreadable': {
    kind: 'invalid',
    text: 'The configuration file cannot be read; the message says why.',
  },
  'config.invalid': {
    kind: 'invalid',
    text: 'The configuration does not hold; each line names the file, the place in it and the mend.',
  },
  'state_dir.unusable': {
    kind: 'invalid',
    text: 'The state directory cannot be used: missing rights, another daemon in it, a full or read-only disk.',
  },
  'driver.refused': {
    kind: 'invalid',
    text: 'A driver package cannot be run: absent, a broken manifest, or made for another API version.',
  },
  'driver.exists': {
    kind: 'conflict',
    text: 'A driver of that id is run from agent.drivers of the configuration. Take it out there, or leave this one out.',
  },
  'driver.in_use': {
    kind: 'conflict',
    text: 'Something is attached by the driver, and nobody else can detach it. Detach it first; --force leaves it attached and remembered.',
  },
  'driver.not_installable': {
    kind: 'invalid',
    text: 'A driver package cannot be installed: npm does not find it or its dependencies, or it is none; the message has what npm said.',
  },
  'driver.unconfirmed': {
    kind: 'invalid',
    text: 'Nothing was installed: the question was answered with no, or there was nobody to ask. --yes says yes beforehand.',
  },
  'agent.unavailable': {
    kind: 'unavailable',
    text: 'The agent in the state directory did not answer on its socket. Its log says what keeps it; what was written to the driver directory counts from its next start on.',
  },
  'listen.failed': {
    kind: 'invalid',
    text: 'The address to listen on is taken or not ours; change api.listen.',
  },
  'request.too_large': { kind: 'invalid', text: 'The body is larger than api.bodyLimitBytes allows.' },
  'request.media_type': { kind: 'invalid', text: 'The body is of a media type that is not read. Send JSON.' },
  'request.not_acceptable': { kind: 'invalid', text: 'Accept excludes JSON, and nothing else is spoken.' },
  'request.rate_limited': {
    kind: 'unavailable',
    text: 'The client has made more requests in a minute than api.requestsPerMinute. Retry-After says how long to wait.',
  },
  'route.not_found': { kind: 'not-found', text: 'No such address. /openapi.json lists all of them.' },
  'route.method_not_allowed': {
    kind: 'invalid',
    text: 'The address is not for this method; Allow lists those it is for.',
  },
  'auth.required': {
    kind: 'forbidden',
    text: 'No token, or one that is not known. Send X-Auth-Token or Authorization: Bearer.',
  },
  'auth.unavailable': {
    kind: 'unavailable',
    text: 'Keystone does not answer, or not us, and the token is not one that was validated before. See api.auth.',
  },
  'auth.denied': {
    kind: 'forbidden',
    text: 'The roles of the caller do not allow this; the message names the rule.',
  },
  'microversion.unsupported': {
    kind: 'invalid',
    text: 'OpenStack-API-Version asks for a microversion outside of the range that is served.',
  },
  'microversion.malformed': {
    kind: 'invalid',
    text: 'OpenStack-API-Version cannot be read. Send "accelerator 2.3", or nothing for 2.0.',
  },
  'microversion.too_low': {
    kind: 'invalid',
    text: 'The feature needs a higher microversion; the message names it.',
  },
  'deployable.not_found': { kind: 'not-found', text: 'No deployable has that id. List the deployables.' },
  'attribute.not_found': { kind: 'not-found', text: 'No attribute has that id. List the attributes.' },
  'bus.unavailable': {
    kind: 'unavailable',
    text: 'The message bus did not take a message in time, or is closed. What was stored is sent later by itself; see bus in the configuration and the state of RabbitMQ.',
  },
  'store.unavailable': {
    kind: 'unavailable',
    text: 'The database does not answer. Nothing was changed; the same request succeeds once it is back.',
  },
  'store.conflict': { kind: 'conflict', text: 'Another one has the same unique name, id or holder.' },
  'store.text_refused': {
    kind: 'invalid',
    text: 'A text has a NUL character in it, which not every database can keep or look for. Leave it out.',
  },
  'driver.not_found': { kind: 'not-found', text: 'No driver of that id runs on the host. List its drivers.' },
  'device.in_use': { kind: 'conflict', text: 'A consumer holds a part of the device. Detach it first.' },
  'device_profile.not_found': {
    kind: 'not-found',
    text: 'No device profile has that id or name. List them.',
  },
  'device_profile.exists': {
    kind: 'conflict',
    text: 'A device profile of that name exists. Names are unique.',
  },
  'device_profile.in_use': {
    kind: 'conflict',
    text: 'Accelerator requests were made from the device profile. Delete them first, as a rule with their servers.',
  },
  'accelerator_request.not_found': {
    kind: 'not-found',
    text: 'No accelerator request has that id, or it is of another project. List them.',
  },
  'accelerator_request.wrong_host': {
    kind: 'conflict',
    text: 'The resource provider is one of another host than the one that the request is to be bound on.',
  },
  'accelerator_request.instance_served': {
    kind: 'invalid',
    text: 'The server has accelerators already; all of one server are bound together.',
  },
  'accelerator_request.unresolved': {
    kind: 'conflict',
    text: 'Requests of the server are still being bound. Ask again, or wait for the event that Nova gets.',
  },
  'accelerator_request.service_only': {
    kind: 'forbidden',
    text: 'Servers get and lose accelerators through Nova. The call needs a service token (X-Service-Token).',
  },
  'quota.exceeded': {
    kind: 'forbidden',
    text: 'The project has as many accelerator requests as it may. Delete servers that are not needed, or have an administrator raise the quota: cyborg quota set.',
  },
  'import.source_unavailable': {
    kind: 'unavailable',
    text: 'The database that is to be imported does not answer, or does not let us in. Nothing was written.',
  },
  'import.source_unknown': {
    kind: 'invalid',
    text: 'What is to be imported is no database of a Cyborg that is known; the message says what was found.',
  },
  'import.refused': {
    kind: 'conflict',
    text: 'Something here is in the way of what is to be imported; each finding of kind refused says what. Nothing was written.',
  },
  'attachment.not_found': {
    kind: 'not-found',
    text: 'No attachment has that id, or it is of another project. List them.',
  },
  'attachment.nothing_fits': {
    kind: 'conflict',
    text: 'Nothing that is ready and healthy fits what was asked for; the message says what was looked for. See devices and what holds them.',
  },
  'attachment.ambiguous': {
    kind: 'invalid',
    text: 'The device profile asks for other than exactly one accelerator, and an attachment is one. Name one of its groups, and ask once for each.',
  },
  'attach_handle.none_free': {
    kind: 'conflict',
    text: 'Nothing of the resource provider is free, although Placement may say so. See what holds its handles.',
  },
  'device.being_programmed': {
    kind: 'conflict',
    text: 'The device is being programmed, and not with what was asked for. Wait for that operation, or cancel it.',
  },
  'device.not_programmable': {
    kind: 'conflict',
    text: 'The driver of the device has no verb program, or does not run. See the drivers of its host.',
  },
  'image.not_found': {
    kind: 'not-found',
    text: 'There is no such image: in Glance, among the uploads, or at the address. List the images.',
  },
  'image.unusable': {
    kind: 'invalid',
    text: 'The image cannot be programmed: it is not active, has no hash, is too large, or is not the only one with the function; the message says what.',
  },
  'image.wrong_offset': {
    kind: 'conflict',
    text: 'The bytes do not join those of the upload that are there; the message says where to go on.',
  },
  'image.store_full': {
    kind: 'conflict',
    text: 'Uploaded images take all the room that conductor.uploadStoreBytes allows. Delete some.',
  },
  'image.unavailable': {
    kind: 'unavailable',
    text: 'The image cannot be had at the moment: its store does not answer, or there is none (glance in the configuration). What needs it is tried again until its deadline.',
  },
  'webhook.not_found': { kind: 'not-found', text: 'No webhook has that id or name. List them.' },
  'webhook.exists': { kind: 'conflict', text: 'A webhook of that name exists. Names are unique.' },
  'webhook.url_refused': {
    kind: 'invalid',
    text: 'Nothing is sent to such an address; the message says why. It is https, without name and password, and no link-local address; plain http is for loopback addresses, and for all where conductor.webhookPlainHttp says so.',
  },
  'version.changed': {
    kind: 'conflict',
    text: 'The thing has changed since it was read (If-Match). Read it again and decide anew.',
  },
  'idempotency.reused': {
    kind: 'conflict',
    text: 'The idempotency key was used for another request. Use a new key for each new request.',
  },
  'operation.overdue': {
    kind: 'unavailable',
    text: 'The operation did not end before its deadline; its agent was told to stop. Ask for it again.',
  },
  'operation.unfinished': {
    kind: 'unavailable',
    text: 'The operation takes longer than one request waits for. Look after it below /v3/operations, or ask the same again.',
  },
  'operation.failed': {
    kind: 'internal',
    text: 'What was to be done within the request failed on its host; the message has what the driver said.',
  },
  'operation.not_retryable': {
    kind: 'conflict',
    text: 'Only installs, uninstalls and searches that failed or were canceled can be asked for again; ask for anything else where it is wanted.',
  },
  'operation.canceled': { kind: 'conflict', text: 'The operation was canceled before it had succeeded.' },
  'internal.unexpected': {
    kind: 'internal',
    text: 'A defect of ours; the log has more under the request id.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

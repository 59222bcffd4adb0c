import { CyborgError, normaliseUuid, type Uuid } from '@cyborgjs/core';
import { invalid } from './arguments.ts';
import { requireMinor } from './microversion.ts';
import { pythonText } from './python-json.ts';

/** What one accelerator request is to be bound to, as a client says it. */
export interface WantedBinding {
  readonly id: Uuid;
  readonly host: string;
  readonly providerId: Uuid;
  readonly instanceId: Uuid;
  /** Only administrators may say it. */
  readonly projectId?: string | undefined;
}

/** The body of a PATCH, read: requests to bind, or requests to unbind. */
export type AcceleratorRequestPatch =
  | { readonly kind: 'bind'; readonly bindings: readonly WantedBinding[] }
  | { readonly kind: 'unbind'; readonly ids: readonly Uuid[] };

/** What reading a PATCH depends on. */
interface PatchReader {
  readonly minor: number;
  readonly isAdmin: boolean;
}

type Fields = ReadonlyMap<string, unknown>;
interface RequestPatch {
  readonly id: string;
  readonly op: 'add' | 'remove';
  readonly fields: Fields;
}

const neededFields = ['hostname', 'device_rp_uuid', 'instance_uuid'] as const;
/** Most requests of one PATCH: more than any server has accelerators. */
const maxRequests = 1000;
const maxHostLength = 255;

/**
 * Reads the body of `PATCH /v2/accelerator_requests`, an object of lists of operations by request, by the rules of
 * Cyborg's controller and with its messages. Throws `request.invalid`, `microversion.too_low` for a project below 2.1,
 * `auth.denied` for one that is not an administrator's to say.
 */
export function readAcceleratorRequestPatch(body: unknown, reader: PatchReader): AcceleratorRequestPatch {
  if (body === null || typeof body !== 'object' || Array.isArray(body))
    throw cannotApply('expected an object of lists of operations, one per ARQ');
  const entries = Object.entries(body);
  if (entries.length === 0) throw cannotApply('no ARQ is named');
  if (entries.length > maxRequests) throw cannotApply(`more than ${maxRequests} ARQs`);
  const patches = entries.map(([id, operations]) => readOperations(id, operations, reader));
  const isBind = patches[0]?.op === 'add';
  if (patches.some(({ op }) => (op === 'add') !== isBind)) throw everyOp();
  const bindings = isBind ? patches.map(readBinding) : [];
  const ids = patches.map(({ id }) => readId(id));
  if (new Set(ids).size < ids.length) throw cannotApply('an ARQ is named twice');
  return isBind ? { kind: 'bind', bindings } : { kind: 'unbind', ids };
}

function readOperations(id: string, operations: unknown, reader: PatchReader): RequestPatch {
  if (!Array.isArray(operations) || operations.length === 0)
    throw cannotApply(`expected a list of operations for ARQ ${id}`);
  const read = operations.map((operation) => readOperation(operation, reader));
  const [first] = read;
  if (first === undefined || read.some(({ op }) => op !== first.op)) throw everyOp();
  return { id, op: first.op, fields: new Map(read.map(({ field, value }) => [field, value])) };
}

function readOperation(operation: unknown, { minor, isAdmin }: PatchReader) {
  const { op, path, value } = (operation ?? {}) as Record<string, unknown>;
  if (op !== 'add' && op !== 'remove') throw everyOp();
  if (typeof path !== 'string') throw cannotApply('an operation has no path');
  const field = path.replace(/^\/+/, '');
  if (field === 'project_id') {
    requireMinor(minor, 1);
    if (!isAdmin)
      throw new CyborgError('auth.denied', 'Access was denied to the following resource: cyborg:arq:update');
  } else if (!(neededFields as readonly string[]).includes(field)) {
    throw cannotApply(`Invalid path in patch ${path}`);
  }
  return { op, field, value } as const;
}

function readBinding({ id, fields }: RequestPatch): WantedBinding {
  const absent = neededFields.filter(
    (field) => fields.get(field) === undefined || fields.get(field) === null,
  );
  if (absent.length > 0) throw cannotApply(`Fields absent in patch ${absent.join(',')}`);
  const host = fields.get('hostname');
  if (typeof host !== 'string' || host === '' || host.length > maxHostLength)
    throw cannotApply(`hostname ${pythonText(host)} is no name of a host`);
  const projectId = fields.get('project_id') ?? undefined;
  if (projectId !== undefined && (typeof projectId !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(projectId)))
    throw cannotApply(`project_id ${pythonText(projectId)} is no id of a project`);
  return {
    id: readId(id),
    host,
    providerId: uuidIn(fields, 'device_rp_uuid'),
    instanceId: uuidIn(fields, 'instance_uuid'),
    projectId,
  };
}

function uuidIn(fields: Fields, field: string): Uuid {
  const value = fields.get(field);
  const uuid = typeof value === 'string' ? normaliseUuid(value) : undefined;
  if (uuid !== undefined) return uuid;
  throw cannotApply(`${field} expected a uuid but received ${pythonText(value)}.`);
}

/** An id that is none cannot be one of ours. */
function readId(text: string): Uuid {
  const uuid = normaliseUuid(text);
  if (uuid !== undefined) return uuid;
  throw new CyborgError('accelerator_request.not_found', `ExtArq not found with uuid=${text}`);
}

function everyOp(): CyborgError {
  return cannotApply('Every op must be add or remove');
}

function cannotApply(reason: string): CyborgError {
  return invalid(`Couldn't apply patch. Reason: ${reason}`);
}

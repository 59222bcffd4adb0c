import { normaliseUuid, type Uuid } from '@cyborgjs/core';
import { invalid, invalidInput } from './arguments.ts';
import { pythonText } from './python-json.ts';

const operations = ['add', 'replace', 'remove'];
/** Members of a deployable that nobody can set. */
const internalPaths = ['/created_at', '/id', '/links', '/updated_at', '/uuid', '/name', '/num_accelerators'];

/**
 * Reads the body of `PATCH /v2/deployables/{uuid}/program`, a list of operations of which every one is checked and the
 * first counts: the image in it. By the rules of Cyborg's controller, with its messages; throws `request.invalid`.
 */
export function readProgramRequest(body: unknown): Uuid {
  if (!Array.isArray(body) || body.length === 0) throw cannotApply('expected a list of operations');
  for (const operation of body) requireOperation(operation);
  const { value } = body[0] as { readonly value?: unknown };
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (!isObject(first) || first.image_uuid === undefined || first.image_uuid === null)
    throw cannotApply('the first operation has no value [{"image_uuid": ...}]');
  const image = first.image_uuid;
  const uuid = typeof image === 'string' ? normaliseUuid(image) : undefined;
  if (uuid !== undefined) return uuid;
  const text = pythonText(image);
  throw invalidInput('image_uuid', image, `Error: Expected a uuid but received ${text}.`);
}

function requireOperation(operation: unknown): void {
  if (!isObject(operation)) throw cannotApply('an operation must be an object');
  const { op, path, value } = operation;
  if (typeof path !== 'string' || !/^(\/[\w-]+)+$/.test(path))
    throw invalidInput('path', path ?? null, `Value should match the pattern ^(/[\\w-]+)+$`);
  if (typeof op !== 'string' || !operations.includes(op))
    throw invalidInput('op', op ?? null, `Value should be one of: ${operations.join(', ')}`);
  if (internalPaths.includes(path))
    throw invalid(`'${path}' is an internal attribute and can not be updated`);
  if (op !== 'remove' && (value === undefined || value === null))
    throw invalid('Add and Replace operations needs value');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function cannotApply(reason: string) {
  return invalid(`Couldn't apply patch. Reason: ${reason}`);
}

import { CyborgError, type DeviceProfileGroup, normaliseUuid, type Uuid } from '@cyborgjs/core';
import { countAccelerators } from '../../conductor/requested-accelerators.ts';
import { faultUpstream, invalid } from './arguments.ts';
import { pythonText } from './python-json.ts';

/** A device profile that a client wants created. */
export interface DeviceProfileRequest {
  /** Null lets the service choose. */
  readonly id: Uuid | null;
  readonly name: string;
  readonly description: string | null;
  readonly groups: readonly DeviceProfileGroup[];
}

const namePattern = '^[a-zA-Z0-9-_]+$';
const acceleratorClasses = ['FPGA', 'GPU', 'VGPU', 'PGPU'];
const traitValues = ['required', 'forbidden'];
const maxNameLength = 255;
const maxDescriptionBytes = 65_535;
/** Most accelerators that a profile may ask for: each becomes a request of its own at boot. */
const maxCount = 1000;

/**
 * Reads the body of `POST /v2/device_profiles`, a list of exactly one profile, by the rules of Cyborg's controller and
 * with its messages; throws `request.invalid`. Stricter than Cyborg where Cyborg stores what can never be used: counts
 * are whole numbers from 0, uuids are uuids, a final newline is no part of a name.
 */
export function readDeviceProfileRequest(body: unknown): DeviceProfileRequest {
  if (!Array.isArray(body) || body.length !== 1) {
    throw invalid('Only one device profile allowed per POST request for now.');
  }
  const profile: unknown = body[0];
  if (!isObject(profile)) throw invalid('A device profile must be a JSON object.');
  return {
    name: readName(profile.name),
    groups: readGroups(profile.groups),
    id: readId(profile.uuid),
    description: readDescription(profile.description),
  };
}

function readName(name: unknown): string {
  if (name === undefined || name === null || name === '') throw badName('DeviceProfile name needed.');
  if (typeof name !== 'string' || !/^[a-zA-Z0-9_-]+$/.test(name)) {
    throw invalid(`Device profile name must be of the form ${namePattern}`);
  }
  if (name.length > maxNameLength) {
    throw badName(`Device profile name must have at most ${maxNameLength} characters, not ${name.length}`);
  }
  return name;
}

const badName = (message: string) => new CyborgError('request.invalid', message, { details: faultUpstream });

function readId(uuid: unknown): Uuid | null {
  if (uuid === undefined || uuid === null) return null;
  const id = typeof uuid === 'string' ? normaliseUuid(uuid) : undefined;
  if (id === undefined) throw invalid(`Expected a uuid but received ${pythonText(uuid)}.`);
  return id;
}

function readDescription(description: unknown): string | null {
  if (description === undefined || description === null) return null;
  if (!isScalar(description)) throw invalid('Device profile description must be a string.');
  const text = pythonText(description);
  if (Buffer.byteLength(text) > maxDescriptionBytes) {
    throw invalid(`Device profile description must have at most ${maxDescriptionBytes} bytes`);
  }
  return text;
}

function readGroups(groups: unknown): DeviceProfileGroup[] {
  if (groups === undefined || groups === null || (Array.isArray(groups) && groups.length === 0)) {
    throw invalid('DeviceProfile needs groups field.');
  }
  if (!Array.isArray(groups) || !groups.every(isObject)) {
    throw invalid('Device profile groups must be a list of objects.');
  }
  const read = groups.map(readGroup);
  requireFew(read);
  return read;
}

function requireFew(groups: readonly DeviceProfileGroup[]): void {
  const count = countAccelerators(groups);
  if (count > maxCount)
    throw invalid(`The groups of a device profile ask for ${count} accelerators in all, at most ${maxCount}`);
}

/** Keys whose name had blanks around it move, without them, to the end of the group, as in Cyborg. */
function readGroup(group: Record<string, unknown>): DeviceProfileGroup {
  const entries = Object.entries(group).map(([key, value]) => ({ key, ...readEntry(key, value) }));
  const kept = entries.filter((entry) => entry.key === entry.clean);
  const moved = entries.filter((entry) => entry.key !== entry.clean);
  return Object.fromEntries([...kept, ...moved].map((entry) => [entry.clean, entry.value]));
}

function readEntry(key: string, value: unknown): { clean: string; value: string | null } {
  const [, prefix, rest = ''] = /^(resources:|trait:|accel:)(.*)$/s.exec(key) ?? [];
  if (prefix === 'resources:') {
    const name = trimSpaces(rest);
    return { clean: `${prefix}${name}`, value: readCount(name, value) };
  }
  if (prefix === 'trait:') {
    const name = trimSpaces(rest);
    return { clean: `${prefix}${name}`, value: readTraitValue(name, value) };
  }
  if (prefix === undefined) {
    throw invalid('Device profile group keys must be of the form ^(resources:|trait:|accel:)');
  }
  if (value !== null && !isScalar(value)) throw invalid(`The value of ${key} must be a string.`);
  return { clean: key, value: value === null ? null : pythonText(value) };
}

function readCount(resourceClass: string, value: unknown): string {
  if (!acceleratorClasses.includes(resourceClass) && !resourceClass.startsWith('CUSTOM_')) {
    throw invalid(`Unsupported resource class ${resourceClass}`);
  }
  const text = pythonText(value);
  if (typeof value === 'object' || !/^\d+$/.test(text)) throw invalid(`Resources number ${text} is invalid`);
  if (Number(text) > maxCount) throw invalid(`Resources number ${text} is invalid, at most ${maxCount}`);
  return text;
}

function readTraitValue(trait: string, value: unknown): string {
  if (!trait.startsWith('CUSTOM_')) {
    throw invalid(`Unsupported trait name format ${trait}, should start with CUSTOM_`);
  }
  if (typeof value === 'string' && traitValues.includes(value)) return value;
  throw invalid(
    `Unsupported trait value ${pythonText(value)}, the value must be one among ['required', 'forbidden']`,
  );
}

/** Blanks only, as Cyborg's `strip(" ")`; in linear time, since the text is the caller's. */
function trimSpaces(text: string): string {
  let [start, end] = [0, text.length];
  while (text[start] === ' ') start++;
  while (end > start && text[end - 1] === ' ') end--;
  return text.slice(start, end);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

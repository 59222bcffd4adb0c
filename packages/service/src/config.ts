import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { CyborgError } from '@cyborgjs/core';
import { isMap, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { type Config, ConfigSchema } from './config-schema.ts';

/** What the command line may say. */
export interface ConfigFlags {
  readonly config?: string;
  readonly stateDir?: string;
  /** `host:port`, or a port alone. */
  readonly listen?: string;
  readonly logLevel?: string;
  /** `path.to.key=value`, the value read as YAML. */
  readonly set?: readonly string[];
}

interface Settings {
  /** Where each value was said, for messages: by dotted path. */
  readonly values: Record<string, unknown>;
  readonly places: Map<string, string>;
  place(path: readonly PropertyKey[]): string;
}

/** One value, the setting that it is for, and who said it. */
interface Saying {
  readonly path: string;
  readonly value: unknown;
  readonly place: string;
}

/** Environment variables and the setting that each one stands for. */
export const environmentSettings = {
  CYBORG_STATE_DIR: 'stateDir',
  CYBORG_LISTEN: 'api.listen',
  CYBORG_LOG_LEVEL: 'log.level',
  CYBORG_STORE_URL: 'store.url',
  CYBORG_BUS_URL: 'bus.url',
  CYBORG_PLACEMENT_PASSWORD: 'placement.auth.password',
  CYBORG_NOVA_PASSWORD: 'nova.auth.password',
  CYBORG_GLANCE_PASSWORD: 'glance.auth.password',
  CYBORG_API_PASSWORD: 'api.auth.password',
} as const;

const systemConfigFile = '/etc/cyborg/cyborg.yaml';

/**
 * Reads the configuration: defaults, then the file, then the environment, then flags; later ones win. Throws
 * `config.invalid` that names the file, the place in it and the mend, for all mistakes at once.
 */
export function loadConfig(flags: ConfigFlags, environment: NodeJS.ProcessEnv): Config {
  const settings = readFile(flags.config ?? environment.CYBORG_CONFIG);
  applyEnvironment(settings, environment);
  applyFlags(settings, flags);
  if (settings.values.stateDir === undefined)
    setPath(settings, { path: 'stateDir', value: defaultStateDir(), place: 'default' });
  const parsed = ConfigSchema.safeParse(settings.values);
  if (!parsed.success)
    throw invalidConfig(parsed.error.issues.flatMap((issue) => describeIssue(issue, settings)));
  const config = { ...parsed.data, stateDir: resolve(parsed.data.stateDir) };
  const conflicts = crossCheck(config);
  if (conflicts.length > 0) throw invalidConfig(conflicts);
  return deepFreeze(config);
}

/**
 * Where a value of the configuration was said, for messages: `/etc/cyborg/cyborg.yaml:12:7`, a flag, a variable, or
 * `defaults`.
 */
export function placesOfConfig(
  flags: ConfigFlags,
  environment: NodeJS.ProcessEnv,
): (path: readonly PropertyKey[]) => string {
  const settings = readFile(flags.config ?? environment.CYBORG_CONFIG);
  applyEnvironment(settings, environment);
  applyFlags(settings, flags);
  return settings.place;
}

/** The configuration as it may be shown: secrets read `[secret]`. */
export function printableConfig(config: Config): unknown {
  return hideSecrets(config);
}

/** Where state is kept when nothing says otherwise: the directory that the XDG rules name. */
function defaultStateDir(): string {
  return join(homedir(), '.local', 'state', 'cyborg');
}

function readFile(path: string | undefined): Settings {
  const file = path ?? systemConfigFile;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const absent = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    if (absent && path === undefined) return emptySettings();
    throw new CyborgError('config.unreadable', `cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
  return parseFile(file, text);
}

function parseFile(file: string, text: string): Settings {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: true });
  const fault = document.errors[0];
  if (fault !== undefined) throw invalidConfig([`${file}: ${fault.message}`]);
  if (document.contents !== null && !isMap(document.contents))
    throw invalidConfig([`${file}: expected sections such as "api:" at the top level`]);
  const settings = emptySettings((place) => {
    for (let depth = place.length; depth > 0; depth--) {
      const node = document.getIn(place.slice(0, depth), true) as
        | { range?: [number, number, number] }
        | undefined;
      if (node?.range) {
        const { line, col } = lines.linePos(node.range[0]);
        return `${file}:${line}:${col}`;
      }
    }
    return file;
  });
  Object.assign(settings.values, document.toJS() ?? {});
  return settings;
}

function emptySettings(inFile: (path: readonly PropertyKey[]) => string = () => 'defaults'): Settings {
  const places = new Map<string, string>();
  return {
    values: {},
    places,
    place(path) {
      for (let depth = path.length; depth > 0; depth--) {
        const said = places.get(path.slice(0, depth).join('.'));
        if (said !== undefined) return said;
      }
      return inFile(path);
    },
  };
}

function applyEnvironment(settings: Settings, environment: NodeJS.ProcessEnv): void {
  for (const [name, path] of Object.entries(environmentSettings)) {
    const value = environment[name];
    if (value === undefined || value === '') continue;
    const place = `environment variable ${name}`;
    if (path === 'api.listen') setListen(settings, value, place);
    else if (path === 'store.url')
      setPath(settings, { path: 'store', value: { kind: schemeOf(value), url: value }, place });
    else if (path === 'bus.url')
      setPath(settings, {
        path: 'bus',
        value: { ...objectAt(settings, 'bus'), kind: 'rabbitmq', url: value },
        place: place,
      });
    // A password says nothing where the service is not configured.
    else if (
      !path.endsWith('.auth.password') ||
      objectAt(settings, path.split('.')[0] ?? '')?.auth !== undefined
    )
      setPath(settings, { path, value, place });
  }
}

const schemeOf = (url: string): string =>
  url.slice(0, Math.max(0, url.indexOf(':'))).replace(/^(mariadb)$/, 'mysql');

function objectAt(settings: Settings, key: string): Record<string, unknown> | undefined {
  const value = settings.values[key];
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : undefined;
}

function applyFlags(settings: Settings, flags: ConfigFlags): void {
  if (flags.stateDir !== undefined)
    setPath(settings, { path: 'stateDir', value: flags.stateDir, place: '--state-dir' });
  if (flags.logLevel !== undefined)
    setPath(settings, { path: 'log.level', value: flags.logLevel, place: '--log-level' });
  if (flags.listen !== undefined) setListen(settings, flags.listen, '--listen');
  for (const assignment of flags.set ?? []) {
    const [path = '', ...rest] = assignment.split('=');
    if (rest.length === 0)
      throw invalidConfig([`--set ${assignment}: expected path=value, such as --set api.listen.port=7000`]);
    setPath(settings, { path, value: parseDocument(rest.join('=')).toJS(), place: `--set ${path}` });
  }
}

function setListen(settings: Settings, value: string, place: string): void {
  const match = /^(?:(?<host>.+):)?(?<port>\d+)$/.exec(value);
  const port = match?.groups?.port;
  if (port === undefined)
    throw invalidConfig([`${place}: "${value}" is not host:port, such as 127.0.0.1:6666`]);
  const host = match?.groups?.host?.replace(/^\[(.*)\]$/, '$1');
  if (host !== undefined) setPath(settings, { path: 'api.listen.host', value: host, place });
  setPath(settings, { path: 'api.listen.port', value: Number(port), place });
}

function setPath(settings: Settings, { path, value, place }: Saying): void {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at: Record<string, unknown> = settings.values;
  for (const key of keys) {
    const next = at[key];
    if (next === null || typeof next !== 'object') at[key] = {};
    at = at[key] as Record<string, unknown>;
  }
  at[last] = value;
  settings.places.set(path, place);
}

function describeIssue(issue: z.core.$ZodIssue, settings: Settings): string[] {
  const path = issue.path.join('.') || '(top level)';
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const at = [...issue.path, key];
      return `${settings.place(at)}: ${at.join('.')}: unknown key; "cyborgd check-config --schema" lists the known ones`;
    });
  }
  const value = valueAt(settings.values, issue.path);
  const shown = value === undefined || isSecretPath(issue.path) ? '' : `, got ${JSON.stringify(value)}`;
  return [`${settings.place(issue.path)}: ${path}: ${issue.message}${shown}`];
}

function valueAt(values: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], values);
}

/** Rules that concern more than one key. */
function crossCheck(config: Config): string[] {
  const found: string[] = [];
  const { host } = config.api.listen;
  if (config.api.auth.kind === 'none' && !['127.0.0.1', '::1', 'localhost'].includes(host))
    found.push(
      `api.auth.kind: "none" lets everyone in, and api.listen.host is ${host}: listen on 127.0.0.1 or use kind: token`,
    );
  if (config.conductor.healthTtlMs < 2 * config.agent.rescanIntervalMs)
    found.push(
      `conductor.healthTtlMs: ${config.conductor.healthTtlMs} is less than twice agent.rescanIntervalMs ` +
        `(${config.agent.rescanIntervalMs}): healthy devices would count as unknown between two scans`,
    );
  const names = config.agent.hosts.map((agentHost) => agentHost.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    found.push(
      `agent.hosts: the name ${twice ?? 'of this machine (null)'} is used twice; each host needs its own`,
    );
  return found;
}

function invalidConfig(problems: readonly string[]): CyborgError {
  return new CyborgError('config.invalid', problems.join('\n'), { details: { problems } });
}

const secretKeys = new Set(['password', 'url', 'token', 'sha256']);
const isSecretPath = (path: readonly PropertyKey[]): boolean =>
  path.some((key) => secretKeys.has(String(key)));

function hideSecrets(value: unknown, key = ''): unknown {
  if (typeof value === 'string' && secretKeys.has(key)) return '[secret]';
  if (Array.isArray(value)) return value.map((item) => hideSecrets(item));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, hideSecrets(item, name)]));
}

function deepFreeze<Value>(value: Value): Value {
  if (value !== null && typeof value === 'object') {
    for (const item of Object.values(value)) deepFreeze(item);
    Object.freeze(value);
  }
  return value;
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCyborgError } from '@cyborgjs/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig, printableConfig } from './config.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cyborg-config-'));
  file = join(directory, 'cyborg.yaml');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function load(text: string, environment: NodeJS.ProcessEnv = {}, set: readonly string[] = []) {
  writeFileSync(file, text);
  return loadConfig({ config: file, set }, environment);
}

/** The lines of the complaint about a text. */
function complaints(
  text: string,
  environment: NodeJS.ProcessEnv = {},
  set: readonly string[] = [],
): string[] {
  try {
    load(text, environment, set);
  } catch (error) {
    if (isCyborgError(error) && error.code === 'config.invalid') return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('configuration', () => {
  it('is complete with an empty file, and frozen', () => {
    const config = load('');
    expect(config).toMatchObject({
      api: { listen: { host: '127.0.0.1', port: 6666 }, auth: { kind: 'token' } },
      store: { kind: 'sqlite' },
      bus: { kind: 'memory' },
      placement: null,
    });
    expect(config.agent.drivers.map((driver) => driver.package)).toContain('@cyborgjs/driver-gpu');
    expect(Object.isFrozen(config.api.listen)).toBe(true);
  });

  it('lets flags win over the environment, and the environment over the file', () => {
    const text = 'api:\n  listen:\n    port: 1000\n';
    expect(load(text).api.listen.port).toBe(1000);
    expect(load(text, { CYBORG_LISTEN: '0.0.0.0:2000' }).api.listen).toEqual({ host: '0.0.0.0', port: 2000 });
    expect(load(text, { CYBORG_LISTEN: '2000' }, ['api.listen.port=3000']).api.listen.port).toBe(3000);
  });

  it('names file, line, place, value and mend for each mistake at once', () => {
    expect(
      complaints('api:\n  listen:\n    port: abc\n  colour: red\nagent:\n  rescanIntervalMs: 0\n'),
    ).toEqual([
      expect.stringContaining(
        `${file}:3:11: api.listen.port: Invalid input: expected number, received string, got "abc"`,
      ),
      expect.stringContaining(`${file}:4:11: api.colour: unknown key; "cyborgd check-config --schema" lists`),
      expect.stringContaining(`${file}:6:21: agent.rescanIntervalMs: Too small`),
    ]);
  });

  it('blames the variable or the flag that said a bad value', () => {
    expect(complaints('', { CYBORG_LOG_LEVEL: 'loud' })[0]).toMatch(
      /^environment variable CYBORG_LOG_LEVEL: log\.level/,
    );
    expect(complaints('', {}, ['api.listen.port=70000'])[0]).toMatch(/^--set api\.listen\.port: /);
    expect(complaints('', { CYBORG_LISTEN: 'here' })[0]).toContain('"here" is not host:port');
  });

  it('says where a file is no YAML', () => {
    expect(complaints('api: [')[0]).toMatch(/cyborg\.yaml: .*line 1/);
    expect(complaints('- api')[0]).toContain('expected sections such as "api:"');
  });

  it('says which file it was told to read and cannot', () => {
    const read = () => loadConfig({ config: '/nowhere/x.yaml' }, {});
    expect(read).toThrow(expect.objectContaining({ code: 'config.unreadable' }));
    expect(read).toThrow(/cannot read \/nowhere\/x\.yaml: ENOENT/);
  });

  it('refuses to leave the door open to the network', () => {
    const open = 'api:\n  auth: {kind: none}\n';
    expect(load(open).api.auth.kind).toBe('none');
    expect(complaints(open, { CYBORG_LISTEN: '0.0.0.0:6666' })[0]).toContain('"none" lets everyone in');
  });

  it('takes rules that make devices ready, but none that says nothing of which', () => {
    const text = 'conductor:\n  autoReady:\n    - {driver: gpu, host: "node-*", options: {a: "1"}}\n';
    expect(load(text).conductor.autoReady).toEqual([{ driver: 'gpu', host: 'node-*', options: { a: '1' } }]);
    expect(load('').conductor.autoReady).toEqual([]);
    expect(complaints(`${text}    - {profile: whole}\n`)).toEqual([
      expect.stringMatching(/yaml:4:7: conductor\.autoReady\.1: a rule needs driver, vendor, .*host: "\*"/),
    ]);
    expect(complaints(`${text}    - {modell: a}\n`)[0]).toContain('unknown key');
  });

  it('refuses two hosts of one name', () => {
    expect(complaints('agent:\n  hosts:\n    - name: a\n    - name: a\n')[0]).toContain(
      'the name a is used twice',
    );
  });

  it('takes the kind of store from the address in the environment', () => {
    const config = load('', { CYBORG_STORE_URL: 'mysql://cyborg:s3cret@db/cyborg' });
    expect(config.store.kind).toBe('mysql');
    expect(JSON.stringify(printableConfig(config))).not.toContain('s3cret');
    expect(JSON.stringify(printableConfig(config))).toContain('[secret]');
  });

  it('does not repeat a secret in a complaint', () => {
    const text =
      'placement:\n  auth:\n    kind: password\n    authUrl: http://k/v3\n    username: a\n    password: ""\n';
    expect(complaints(text).join()).not.toContain('got ""');
    expect(complaints(text)[0]).toContain('placement.auth.password');
  });
});

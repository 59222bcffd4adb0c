import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPolicyFile, watchPolicy } from './policy-file.ts';

const reader = { userId: 'u', projectId: 'p', roles: ['reader'], service: false, serviceUserId: null };

describe('a policy file', () => {
  let directory: string;
  let file: string;
  let now: number;
  let lines: string[];
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'cyborg-policy-'));
    file = join(directory, 'policy.yaml');
    now = 0;
    lines = [];
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const watch = () =>
    watchPolicy(file, { now: () => now, log: pino({}, { write: (line) => lines.push(line) }) });
  const write = (text: string) => {
    writeFileSync(file, text);
    now += 10_000;
  };

  it('is in force from the next request on after it has changed; one that is broken changes nothing', () => {
    write('"cyborg:device:get_all": "role:reader"');
    const policy = watch();
    const allowed = () => policy.allows(reader, 'cyborg:device:get_all');
    expect(allowed()).toBe(true);
    write('"cyborg:device:get_all": "role:admin"  # changed');
    expect(allowed()).toBe(false);
    write('"cyborg:device:get_all": "role:reader or"');
    expect(allowed()).toBe(false);
    expect(lines.join()).toContain('the old rules stay in force');
    rmSync(file);
    now += 10_000;
    expect(allowed()).toBe(false);
    write('{"cyborg:device:get_all": "rule:reader_api"}');
    expect(allowed()).toBe(true);
  });

  it('may be empty: the defaults are in force', () => {
    write('# nothing yet\n');
    expect(watch().allows(reader, 'cyborg:device:get_all')).toBe(false);
  });

  it('with rules that nothing asks for is used, and the log says so', () => {
    write('"cyborg:device:get_al": "@"');
    watch();
    expect(lines.join()).toContain('cyborg:device:get_al');
  });

  it.each([
    ['a list', '- a\n- b\n', 'config.invalid'],
    ['what is no YAML', '"a: "b"', 'config.invalid'],
    ['a check that is no text', 'a: [b]', 'config.invalid'],
  ])('that is %s is refused at the start', (_what, text, code) => {
    write(text);
    expect(() => readPolicyFile(file)).toThrowError(
      expect.objectContaining({ code, message: expect.stringContaining(file) }),
    );
  });

  it('that is absent is refused at the start', () =>
    expect(watch).toThrowError(expect.objectContaining({ code: 'config.unreadable' })));
});

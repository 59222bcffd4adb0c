import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { callPermissions } from './call-permissions.ts';
import { createRealMachine } from './create-real-machine.ts';
import { guardMachine } from './guard-machine.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'guard-machine-'));
  mkdirSync(join(root, 'sys/devices/card'), { recursive: true });
  mkdirSync(join(root, 'sys/bus'));
  mkdirSync(join(root, 'etc'));
  writeFileSync(join(root, 'etc/shadow'), 'secret');
  writeFileSync(join(root, 'sys/devices/card/vendor'), '0x10de\n');
  writeFileSync(join(root, 'sys/devices/card/override'), '');
  symlinkSync('../devices/card', join(root, 'sys/bus/card'));
  symlinkSync('../../../etc/shadow', join(root, 'sys/devices/card/sly'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const guarded = () =>
  guardMachine(createRealMachine({ root }), {
    read: ['/sys/devices/**', '/sys/bus/*'],
    write: ['/sys/devices/*/override'],
    tools: ['/usr/bin/allowed'],
  });

it('lets through what the permissions name, by whatever path', async () => {
  expect(await guarded().read('/sys/bus/card/vendor')).toBe('0x10de\n');
  expect(await guarded().list('/sys/bus/card')).toEqual(['override', 'sly', 'vendor']);
  expect(await guarded().link('/sys/bus/card')).toBe('card');
  expect(await guarded().resolve('/sys/bus/card')).toBe('/sys/devices/card');
  await guarded().write('/sys/bus/card/override', 'x');
  expect(readFileSync(join(root, 'sys/devices/card/override'), 'utf8')).toBe('x');
});

it('says undefined for what is absent but allowed, and denied for what is absent and not', async () => {
  expect(await guarded().read('/sys/bus/card/none')).toBeUndefined();
  expect(await guarded().link('/sys/bus/card/driver')).toBeUndefined();
  await expect(guarded().read('/root/none/deep')).rejects.toMatchObject({ code: 'denied' });
});

it('follows links before it judges', async () => {
  await expect(guarded().read('/sys/bus/card/sly')).rejects.toMatchObject({
    code: 'denied',
    message: 'the driver may not read /sys/bus/card/sly (/etc/shadow)',
    hint: 'Its manifest has no entry for it under permissions.read.',
  });
  expect(await guarded().link('/sys/devices/card/sly')).toBe('shadow');
});

it('refuses to write what may only be read', async () => {
  await expect(guarded().write('/sys/bus/card/vendor', '1')).rejects.toMatchObject({
    code: 'denied',
    hint: 'Its manifest has no entry for it under permissions.write.',
  });
  expect(readFileSync(join(root, 'sys/devices/card/vendor'), 'utf8')).toBe('0x10de\n');
});

it('runs only the tools that are named exactly', async () => {
  await expect(guarded().run('/usr/bin/allowed', [])).rejects.toMatchObject({ code: 'unsupported' });
  await expect(guarded().run('/usr/bin/../bin/allowed', [])).rejects.toMatchObject({ code: 'denied' });
});

it('lets a call read the image that it is given, and nothing beside it', async () => {
  const permissions = { read: [], write: [], tools: [] };
  const machine = createRealMachine({ root });
  const given = (verb: 'program' | 'attach') =>
    guardMachine(machine, callPermissions(permissions, verb, { image: '/etc/shadow' }));
  expect(await given('program').readBytes('/etc/shadow')).toEqual(new TextEncoder().encode('secret'));
  await expect(given('program').list('/etc')).rejects.toMatchObject({ code: 'denied' });
  await expect(given('program').write('/etc/shadow', '')).rejects.toMatchObject({ code: 'denied' });
  await expect(given('attach').readBytes('/etc/shadow')).rejects.toMatchObject({ code: 'denied' });
});

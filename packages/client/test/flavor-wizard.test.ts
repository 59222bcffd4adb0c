import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planToYaml, readPlan } from '../src/wizard/flavor-plan.ts';
import { cyborgAgainst, serve } from './cyborg-against.ts';
import { runCyborg } from './run-cyborg.ts';
import type { ScriptedWorld } from './scripted-service.ts';

const groups = [{ 'resources:PGPU': '1', 'trait:CUSTOM_GPU_NVIDIA': 'required' }];
const profile = { name: 'gpu', description: 'One: "GPU"', groups };
const plan = {
  profiles: [profile],
  flavors: [{ name: 'gpu', profile: 'gpu', vcpus: 2, ramMb: 4096, diskGb: 0 }],
};
const made = {
  ...profile,
  id: '3f2a91c0-0000-4000-8000-000000000001',
  createdAt: '2025-11-22T10:00:00Z',
  updatedAt: null,
};
const answers = (there: readonly object[]): NonNullable<ScriptedWorld['answers']> => ({
  'GET /v3/device-profiles': { status: 200, body: { items: there, next: null } },
  'POST /v3/device-profiles': { status: 201, body: made },
});

let directory: string;
const file = (text: string) => {
  const path = join(directory, 'plan.yaml');
  writeFileSync(path, text);
  return path;
};
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cyborg-plan-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('a plan', () => {
  it('is the same after it was written and read', () => {
    const comments = new Map([['gpu', ['two: lines', '- and more']]]);
    expect(readPlan(planToYaml(plan, comments), 'x')).toEqual(plan);
    expect(readPlan(planToYaml({ profiles: [], flavors: [] }), 'x')).toEqual({ profiles: [], flavors: [] });
    expect(readPlan(JSON.stringify(plan), 'x')).toEqual(plan);
  });

  it.each([
    ['profiles: [', /flavors.yaml: /],
    ['profiles: [{name: a b, groups: []}]', /profiles.0.name: expected letters/],
    ['profile: []', /Unrecognized key: "profile"/],
    ['flavors: [{name: a, profile: p, vcpus: 0, ramMb: 1, diskGb: 1}]', /flavors.0.vcpus/],
    [
      'profiles: [{name: a, groups: [{x: y}]}, {name: a, groups: [{x: y}]}]',
      /profiles has the name "a" twice; rename/,
    ],
    ['', /top level/],
  ])('%s is refused, with the place', (text, message) =>
    expect(() => readPlan(text, 'flavors.yaml')).toThrow(message),
  );
});

describe('applying a plan', () => {
  it('makes what is not there, and is quiet about what is', async () => {
    const path = file(planToYaml({ ...plan, flavors: [] }));
    const first = await cyborgAgainst({ answers: answers([]) }, 'flavor', 'wizard', '--apply', path);
    expect(first).toMatchObject({ code: 0, out: 'device profile gpu: created\n' });
    const again = await cyborgAgainst({ answers: answers([made]) }, 'flavor', 'wizard', '--apply', path);
    expect(again).toMatchObject({ code: 0, out: 'device profile gpu: was there already\n' });
    expect(again.service.seen.map(({ method }) => method)).toEqual(['GET']);
  });

  it('makes nothing when anything of it cannot be', async () => {
    const other = { ...made, groups: [{ 'resources:PGPU': '2' }] };
    const taken = await cyborgAgainst(
      { answers: answers([other]) },
      ...['flavor', 'wizard', '--no-nova', '--apply', file(planToYaml(plan))],
    );
    expect(taken).toMatchObject({ code: 2, err: expect.stringContaining('asks for something else') });
    const cloudless = await cyborgAgainst(
      { answers: answers([]) },
      ...['flavor', 'wizard', '--apply', file(planToYaml(plan))],
    );
    expect(cloudless).toMatchObject({ code: 2, err: expect.stringContaining('OS_CLOUD') });
    expect(cloudless.service.seen.every(({ method }) => method === 'GET')).toBe(true);
  });

  it('completes a flavor in Nova that an interruption left without its profile', async () => {
    const half = { id: 'f1', name: 'gpu', vcpus: 2, ram: 4096, disk: 0, extra_specs: {} };
    const nova = await serve({
      answers: {
        'GET /flavors/detail': (count) => ({ status: 200, body: { flavors: count === 0 ? [half] : [] } }),
        'POST /flavors/f1/os-extra_specs': { status: 200, body: {} },
      },
    });
    const cyborg = await serve({ answers: answers([made]) });
    const run = await runCyborg(['flavor', 'wizard', '--apply', file(planToYaml(plan))], {
      CYBORG_ENDPOINT: cyborg.endpoint,
      CYBORG_TOKEN: 'secret',
      OS_AUTH_TYPE: 'admin_token',
      OS_AUTH_URL: nova.endpoint,
      OS_ENDPOINT: nova.endpoint,
      OS_TOKEN: 'other',
    });
    expect(run).toMatchObject({ code: 0, out: expect.stringContaining('flavor gpu: completed') });
    const posted = nova.seen.filter(({ method }) => method === 'POST');
    expect(posted).toMatchObject([{ body: { extra_specs: { 'accel:device_profile': 'gpu' } } }]);
  });
});

it('the wizard does not ask where there is nobody to answer', async () => {
  const run = await cyborgAgainst({}, 'flavor', 'wizard');
  expect(run).toMatchObject({ code: 2, out: '', err: expect.stringContaining('--yes --output yaml') });
  expect(run.service.seen).toEqual([]);
});

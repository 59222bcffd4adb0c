import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startPlacementDouble } from '../src/testing/placement-double.ts';
import { syncTree } from '../src/tree/tree-sync.ts';
import { aUuid, clientOf } from './placement-peers.ts';
import { aTree } from './tree-builders.ts';

const packageRoot = join(import.meta.dirname, '..');
const page = readFileSync(join(packageRoot, 'README.md'), 'utf8');
const named = page.split(/^## /m).flatMap((section) => {
  const title = section.split('\n', 1)[0] ?? '';
  return [...section.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => ({ title, code }));
});

/** What each example prints, on a cloud with one host that has CPUs, a GPU and a network card. */
const printed: Readonly<Record<string, RegExp>> = {
  'The nouns': /VCPU/,
  Candidates: /^$/,
  'A tree': /^\d+ \[ '0b9ab1a6-[^']+' \] \[\]\n$/,
  'A plan first': /compute-1_card[\s\S]*- provider "compute-1_card"/,
  'A name that an older provider has':
    /^\[ 'compute-1_card', 'compute-1' \] \[\]\n1 adopted; the root is [-0-9a-f]{36}\n$/,
  Testing: /^2 requests/,
};

it.each(named)('the example of "$title" runs and does what it says', { timeout: 60_000 }, async (example) => {
  const double = await startPlacementDouble();
  const { placement, session } = clientOf(double);
  const host = { uuid: aUuid(), name: 'compute-1' };
  for (const name of ['CUSTOM_GPU_AMD', 'CUSTOM_RETIRED']) await placement.traits.ensure(name);
  await placement.resourceProviders.create(host);
  await placement.inventories.replace(host.uuid, {
    resource_provider_generation: 0,
    inventories: { VCPU: { total: 64 }, MEMORY_MB: { total: 65_536 } },
  });
  const card = {
    uuid: aUuid(),
    name: 'compute-1_card',
    inventories: { PGPU: { total: 1 }, SRIOV_NET_VF: { total: 8 } },
    traits: ['CUSTOM_GPU_NVIDIA'],
  };
  await syncTree(placement, aTree(host, [card]));
  double.forget();
  // Inside the package, where its dependencies are found.
  const file = join(packageRoot, `readme-example-${aUuid()}.ts`);
  await writeFile(file, example.code.replaceAll('http://127.0.0.1:8778', double.url));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=cyborg-source', file]);
    expect(stdout).toMatch(printed[example.title] ?? /^never$/);
    const moved = double.requests.filter(({ method, path }) => method === 'POST' && path === '/allocations');
    expect(moved).toHaveLength(example.title === 'Candidates' ? 1 : 0);
  } finally {
    await rm(file);
    await session.close();
    await double.close();
  }
});

it('every section with an example is run', () => {
  expect(named.map((example) => example.title)).toEqual(Object.keys(printed));
});

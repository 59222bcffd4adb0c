import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { aName, aUuid, describeWithPlacement } from '../../test/placement-peers.ts';
import { aConsumer, aRoot } from '../../test/tree-builders.ts';
import { runCommandLine } from './run-command-line.ts';

describeWithPlacement('placement command', (bench) => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    bench.server.forget();
    directory = await mkdtemp(join(tmpdir(), 'placement-command-'));
    path = join(directory, 'tree.yaml');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  let isWatched = false;
  async function run(...argv: string[]) {
    const out = { code: 0, stdout: '', stderr: '' };
    out.code = await runCommandLine([...bench.flags, ...argv], {
      env: bench.env,
      write: (text) => {
        out.stdout += text;
      },
      writeError: (text) => {
        out.stderr += text;
      },
      hasColour: false,
      hasProgress: isWatched,
      version: '1.2.3',
    });
    return out;
  }

  /** A file with a card and a part of it, below a root that is made. */
  async function aFile(total = 4, traits: readonly string[] = ['OWNER_CYBORG']) {
    const root = aRoot();
    const card = { name: `${root.name}_card`, traits, inventories: { PGPU: { total } } };
    const part = { name: `${root.name}_part`, parent: card.name, inventories: { VGPU: { total: 8 } } };
    const tree = {
      root,
      create_root: true,
      owned: { providers: [`${root.name}_*`] },
      providers: [card, part],
    };
    await writeFile(path, stringify(tree));
    return { root, card, part, tree };
  }

  it('plans, applies, and has nothing to do then', async () => {
    const { card, root } = await aFile();
    const planned = await run('plan', path, '--exit-code');
    expect(planned).toMatchObject({ code: 3, stderr: '' });
    expect(planned.stdout).toContain(`+ provider "${card.name}"`);
    expect(planned.stdout).toContain('3 to create, 0 to change, 0 to delete.');
    expect(bench.server.requests.every(({ method }) => method === 'GET')).toBe(true);
    expect(await run('apply', path)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Done with \d+/),
    });
    expect(await run('plan', path, '--exit-code')).toMatchObject({
      code: 0,
      stdout: 'Nothing to do: the tree is as it should be.\n',
    });
    expect(JSON.parse((await run('--json', 'plan', path)).stdout)).toEqual([]);
    expect(await run('tree', root.name)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(card.name),
    });
  });

  it('shows a tree as a table and as JSON', async () => {
    const { root, card, part } = await aFile();
    await run('apply', path);
    const [provider] = await bench.placement.resourceProviders.list({ name: card.name });
    await aConsumer(bench, provider?.uuid ?? '', { PGPU: 3 });
    const { stdout } = await run('tree', root.uuid);
    const cells = stdout.split('\n').map((line) => line.trim().split(/ {2,}/));
    expect(cells.slice(0, 4)).toEqual([
      ['PROVIDER', 'CLASS', 'TOTAL', 'RESERVED', 'USED', 'TRAITS'],
      [root.name, '-'],
      [card.name, 'PGPU', '4', '0', '3', 'OWNER_CYBORG'],
      [part.name, 'VGPU', '8', '0', '0'],
    ]);
    const shown = JSON.parse((await run('--json', 'tree', root.uuid)).stdout);
    expect(shown[1]).toMatchObject({ name: card.name, usages: { PGPU: 3 }, traits: ['OWNER_CYBORG'] });
  });

  it('removes only what the file owns, and fails when something must be kept', async () => {
    const { tree, card } = await aFile();
    await run('apply', path);
    const [provider] = await bench.placement.resourceProviders.list({ name: card.name });
    const release = await aConsumer(bench, provider?.uuid ?? '');
    await writeFile(path, stringify({ ...tree, owned: {}, providers: [] }));
    expect((await run('plan', path)).stdout).toContain('Nothing to do');
    await writeFile(path, stringify({ ...tree, providers: [] }));
    const kept = await run('apply', path);
    expect(kept).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`"${card.name}" is kept, closed: in-use`),
    });
    await release();
    expect((await run('apply', path)).code).toBe(0);
  });

  it('plans, applies and shows aggregates where they are named', async () => {
    const { root, card, tree } = await aFile();
    const [first, second] = [aUuid(), aUuid()];
    const inAggregates = (aggregates: readonly string[], owned: object = {}) =>
      writeFile(
        path,
        stringify({ ...tree, owned: { ...tree.owned, ...owned }, providers: [{ ...card, aggregates }] }),
      );
    await inAggregates([first]);
    expect((await run('plan', path)).stdout).toContain(`    + aggregate ${first}\n`);
    await run('apply', path);
    await inAggregates([second], { aggregates: [] });
    const added = await run('apply', path);
    expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining(`    + aggregate ${second}\n`) });
    expect(added.stdout).not.toContain('- aggregate');
    await inAggregates([second]);
    expect((await run('apply', path)).stdout).toContain(`    - aggregate ${first}\n`);
    expect((await run('plan', path, '--exit-code')).code).toBe(0);
    expect((await run('tree', root.uuid, '--aggregates')).stdout).toMatch(
      new RegExp(`AGGREGATES\n[\\s\\S]*OWNER_CYBORG  ${second}\n`),
    );
    expect((await run('tree', root.uuid)).stdout).not.toContain('AGGREGATES');
    await inAggregates(['rack-1']);
    expect(await run('plan', path)).toMatchObject({ code: 2, stderr: expect.stringContaining('aggregates') });
  });

  it('gives a host that was installed anew its name: by cleanup, or by adopting the old one', async () => {
    const { root, card, part, tree } = await aFile();
    await run('apply', path);
    await writeFile(path, stringify({ ...tree, root: { uuid: aUuid(), name: root.name } }));
    expect(await run('apply', path)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`${root.uuid}.*\\[placement\\.name_conflict\\]`)),
    });
    const shown = await run('adopt', path);
    expect(shown.stdout).toContain(`~ "${root.name}" is provider ${root.uuid}`);
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing to do') });
    const grown = { ...card, inventories: { PGPU: { total: 9 } } };
    const anew = { ...tree, root: { uuid: aUuid(), name: root.name }, providers: [grown, part] };
    await writeFile(path, stringify(anew));
    bench.server.forget();
    expect(await run('adopt', path)).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/PGPU: total 4 -> 9\n[\s\S]*Nothing was changed; --yes does it\.\n$/),
    });
    expect(bench.server.requests.every(({ method }) => method === 'GET')).toBe(true);
    expect((await run('adopt', path, '--yes')).code).toBe(0);
    expect((await run('adopt', path)).code).toBe(0);

    const [provider] = await bench.placement.resourceProviders.list({ name: part.name });
    const release = await aConsumer(bench, provider?.uuid ?? '', { VGPU: 1 });
    const kept = await run('cleanup', root.name, '--yes');
    expect(kept).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/! consumer .* has {"VGPU":1} of /),
    });
    await release();
    const planned = await run('cleanup', root.name);
    expect(planned).toMatchObject({ code: 3, stdout: expect.stringContaining('Nothing was deleted') });
    const lines = planned.stdout.split('\n').slice(0, 3);
    expect(lines).toEqual(
      [part.name, card.name, root.name].map((name) => expect.stringMatching(`^- provider "${name}"`)),
    );
    expect(JSON.parse((await run('--json', 'cleanup', root.name)).stdout)).toMatchObject({ deleted: [] });
    expect(await run('cleanup', root.uuid, '--yes')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Deleted 3.'),
    });
    expect((await run('apply', path)).code).toBe(0);
    expect(await run('cleanup', aName('nobody'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('[placement.not_found]'),
    });
  });

  it('checks what can be reached and may be done, without changing anything', async () => {
    const { code, stdout } = await run('check');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^ok {6}reach Placement: versions 1\.\d+ to 1\.39\nok {6}who we are: .+\nok {6}read: \d+ providers/,
    );
    if (bench.flags.length === 0) expect(stdout).toContain('user admin, project admin, roles admin');
    expect(stdout).toContain('ok      write: allowed');
    bench.server.failNext({ status: 403 }, { path: '/reshaper' });
    expect(await run('check')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\nno {6}write many/),
    });
    const nobody = await run('--endpoint', bench.server.url, '--token', 'nobody', '--json', 'check');
    expect(nobody.code).toBe(1);
    expect(JSON.parse(nobody.stdout).map(({ isOk }: { isOk: boolean }) => isOk)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('says what is wrong, and ends accordingly', async () => {
    await aFile();
    expect(await run('tree', aName('nobody'))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^placement: no provider named .*\[placement\.root_not_found\]\n$/),
    });
    isWatched = true;
    const cleared = '\r\u001b[K';
    const watch = async () => (await run('plan', path)).stderr.replaceAll(cleared, '<cleared>');
    expect(await watch()).toMatch(/^(\r\d+ requests?)+<cleared>$/);
    bench.server.failNext({ status: 409, body: {} }, { path: '/resource_providers' });
    expect(await watch()).toMatch(/^\r1 request<cleared>placement: [^\r]*$/);
    isWatched = false;
    await writeFile(path, 'root: { name: x }\nproviders: [{ nam: y }]\n');
    expect(await run('plan', path)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('providers[0]'),
    });
    await writeFile(path, '');
    expect(await run('plan', path)).toMatchObject({ code: 2, stderr: expect.stringContaining('is empty') });
    await rm(path);
    expect(await run('apply', path)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('tree.yaml cannot be read: ENOENT'),
    });
    expect(await run('--endpoint', 'localhost', 'tree')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the endpoint "localhost" is no http address'),
    });
    expect(await run('--endpoint', 'http://127.0.0.1:1', 'check')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^FAILED {2}reach Placement: [^\n]+\n$/),
    });
    expect(await run('--version')).toMatchObject({ code: 0, stdout: '1.2.3\n' });
    expect(await run('sideways')).toMatchObject({ code: 2, stderr: expect.stringContaining('sideways') });
    expect(await run('--placement-version', 'new', 'check')).toMatchObject({ code: 2 });
    expect(await run('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('Exit codes') });
  });

  it.skipIf(bench.isReal)('speaks the version that the cloud names, unless told otherwise', async () => {
    const auth = { endpoint: bench.server.url, token: 'admin' };
    const lab = { auth_type: 'admin_token', auth, placement_default_microversion: '1.30' };
    await writeFile(path, stringify({ clouds: { lab } }));
    const check = async (...flags: string[]) => {
      let said = '';
      const write = (text: string) => {
        said += text;
      };
      await runCommandLine(['--os-cloud', 'lab', ...flags, 'check'], {
        env: { OS_CLIENT_CONFIG_FILE: path },
        write,
        writeError: write,
        hasColour: false,
        hasProgress: false,
        version: '1.2.3',
      });
      return said;
    };
    expect(await check()).toContain('providers, version 1.30\n');
    expect(await check('--placement-version', '1.29')).toContain('providers, version 1.29\n');
  });

  it('runs as a program, with colours only where they are seen', async () => {
    const main = join(import.meta.dirname, '../main.ts');
    const argv = ['--conditions=cyborg-source', main, ...bench.flags, 'check'];
    const env = { ...process.env, ...bench.env };
    const { stdout } = await promisify(execFile)(process.execPath, argv, { env });
    expect(stdout).toMatch(/^ok {6}reach/);
    const closed = ['--conditions=cyborg-source', main, '--endpoint', 'http://127.0.0.1:1', 'tree'];
    await expect(promisify(execFile)(process.execPath, closed)).rejects.toMatchObject({ code: 1 });
  }, 60_000);
});

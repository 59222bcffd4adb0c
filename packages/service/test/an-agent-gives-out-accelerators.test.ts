import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AgentHost, anAgentHost, operationIdOf, type RunningAgent, startAgent } from './agent-bench.ts';
import { until } from './until.ts';

const terms = (part = 'part0', id = 'vm-1') => ({
  handle: { id: part, type: 'TEST_PCI' },
  consumer: { type: 'instance', id, via: 'direct' },
});
const fileOf = (host: AgentHost, name: string): string =>
  readFileSync(join(host.root, 'card', name), 'utf8').trim();
const lastReport = ({ facts }: RunningAgent): string =>
  JSON.stringify(facts.findLast((fact) => fact.kind === 'report'));
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('attach and detach by command', () => {
  it('answer with what the consumer needs, the same again, and tell what is held', async () => {
    const host = anAgentHost();
    const agent = await startAgent(host);
    const answer = { kind: 'succeeded', result: { type: 'TEST_PCI', info: { part: 'part0' } } };
    const steps = [
      { verb: 'write', path: '/card/part0.holder', text: 'vm-1\n', failure: null },
      { verb: 'write', path: '/card/part0.on', text: '1\n', failure: null },
    ];
    expect(await agent.ask('attach', terms())).toMatchObject({ ...answer, done: { steps, left: 0 } });
    const again = await agent.ask('attach', terms());
    expect(again).toMatchObject({
      ...answer,
      result: { connection: { type: 'TEST_PCI', libvirt: null, qmp: null, cdi: null, deviceNodes: [] } },
    });
    expect(again).not.toHaveProperty('done');
    expect(fileOf(host, 'part0.holder')).toBe('vm-1');
    await until('the attachment is told', async () => agent.held()?.attachments[0]?.state === 'attached');
    expect(agent.held()).toMatchObject({
      attachments: [
        {
          driver: 'flasher',
          device: { identity: 'CARD-1', address: 'slot0' },
          handle: { id: 'part0', type: 'TEST_PCI' },
          consumer: { type: 'instance', id: 'vm-1', via: 'direct' },
          info: { type: 'TEST_PCI', info: { part: 'part0' } },
          seen: 'attached',
          trouble: null,
        },
      ],
      unreadable: [],
    });
    expect(await agent.ask('detach', terms())).toMatchObject({ kind: 'succeeded', result: {} });
    expect(await agent.ask('detach', terms())).toMatchObject({ kind: 'succeeded', result: {} });
    await until('nothing is held', async () => agent.held()?.attachments.length === 0);
    expect(fileOf(host, 'part0.holder')).toBe('');
  });

  it('refuse another consumer by the name of the holder, and a device that is held its reprogramming', async () => {
    const host = anAgentHost();
    const agent = await startAgent(host);
    await agent.ask('attach', terms());
    const inUse = { kind: 'failed', retry: 'later', error: { code: 'driver.in_use' } };
    const refused = await agent.ask('attach', terms('part0', 'vm-2'));
    expect(refused).toMatchObject(inUse);
    expect(JSON.stringify(refused)).toContain('instance vm-1 (direct)');
    expect(await agent.ask('detach', terms('part0', 'vm-2'))).toMatchObject(inUse);
    expect(await agent.ask('install', {})).toMatchObject(inUse);
    expect(await agent.ask('attach', { ...terms(), options: { size: '2' } })).toMatchObject({
      error: { code: 'driver.conflict' },
      retry: 'never',
    });
    expect(await agent.ask('attach', terms('part1', 'vm-2'))).toMatchObject({ kind: 'succeeded' });
    const forced = { ...terms('part0', 'operator'), force: true };
    expect(await agent.ask('detach', forced)).toMatchObject({ kind: 'succeeded' });
    expect(fileOf(host, 'part0.on')).toBe('');
  });

  it('name the place where a command does not hold', async () => {
    const agent = await startAgent(anAgentHost());
    const outcome = await agent.ask('attach', { handle: { id: 'part0', type: 'AGP' } });
    expect(outcome).toMatchObject({ kind: 'failed', retry: 'never', error: { code: 'driver.invalid' } });
    expect(JSON.stringify(outcome)).toMatch(/handle\.type: .*consumer: /);
    expect(await agent.ask('attach', terms(), { device: null })).toMatchObject({
      error: { code: 'driver.invalid', message: 'attach needs a device, and got none' },
    });
    expect(await agent.ask('attach', terms(), { driver: 'other' })).toMatchObject({
      error: { code: 'driver.unsupported' },
    });
  });
});

describe('a dry run', () => {
  it('answers the plan, changes nothing, and is what the real run then does', async () => {
    const host = anAgentHost();
    const agent = await startAgent(host);
    const plan = [
      { verb: 'write', path: '/card/part0.holder', text: 'vm-1\n' },
      { verb: 'write', path: '/card/part0.on', text: '1\n' },
    ];
    const planned = { kind: 'succeeded', result: { plan } };
    expect(await agent.ask('attach', { ...terms(), dryRun: true })).toEqual(planned);
    expect(fileOf(host, 'part0.holder')).toBe('');
    expect(await agent.ask('attach', { ...terms(), dryRun: true })).toEqual(planned);
    expect(await agent.ask('attach', terms())).toMatchObject({ kind: 'succeeded' });
    expect(await agent.ask('attach', { ...terms(), dryRun: true })).toEqual({
      kind: 'succeeded',
      result: { plan: [] },
    });
    const other = { ...terms('part0', 'vm-2'), dryRun: true };
    expect(await agent.ask('attach', other)).toMatchObject({ error: { code: 'driver.in_use' } });
  });

  it('of the other verbs too', async () => {
    const host = anAgentHost();
    const agent = await startAgent(host);
    host.put('images/v2', '2.0\n');
    const dryRun = true;
    const flash = { image: '/images/v2', sha256: sha256('2.0\n'), dryRun };
    const wrote = (path: string, text: string) => ({ verb: 'write', path, text });
    expect(await agent.ask('install', { dryRun })).toMatchObject({
      result: { plan: [wrote('/card/layout', 'split\n')] },
    });
    expect(await agent.ask('program', flash)).toMatchObject({
      result: { plan: [wrote('/card/firmware', '2.0\n'), wrote('/card/firmware', '2.0\n')] },
    });
    expect(await agent.ask('detach', { ...terms(), dryRun })).toMatchObject({ result: { plan: [] } });
    expect([fileOf(host, 'layout'), fileOf(host, 'firmware')]).toEqual(['', '']);
  });
});

describe('program by command', () => {
  it('flashes the image that was meant, with progress, and reports the device anew', async () => {
    const host = anAgentHost();
    const agent = await startAgent(host, { pauseMs: 60 });
    const text = '2.0\nmore\nmore\n';
    host.put('images/v2', text);
    const outcome = await agent.ask('program', { image: '/images/v2', sha256: sha256(text) });
    expect(outcome).toMatchObject({ kind: 'succeeded', result: { version: '2.0' }, done: { left: 0 } });
    const progress = agent.facts.flatMap((fact) =>
      fact.kind === 'operation-progress' ? [fact.progress] : [],
    );
    expect(progress.length).toBeGreaterThan(0);
    expect(progress).toEqual([...progress].sort());
    await until('the new firmware is reported', async () => lastReport(agent).includes('"shell":"2.0"'));
  });

  it('reports the device anew also if a look that began before it is still under way', async () => {
    const host = anAgentHost();
    const agent = await startAgent(host, { lookMs: 1000 });
    host.put('images/v2', '2.0\n');
    const look = agent.ask('discover', {}, { device: null });
    const outcome = await agent.ask('program', { image: '/images/v2', sha256: sha256('2.0\n') });
    expect(outcome).toMatchObject({ kind: 'succeeded' });
    await look;
    expect(lastReport(agent)).toContain('"shell":"2.0"');
  });

  it('refuses another image before the card is touched, and one that is not there', async () => {
    const host = anAgentHost();
    const agent = await startAgent(host);
    host.put('images/v2', '2.0\n');
    const wrong = await agent.ask('program', { image: '/images/v2', sha256: sha256('3.0\n') });
    expect(wrong).toMatchObject({ kind: 'failed', retry: 'never', error: { code: 'driver.invalid' } });
    expect(JSON.stringify(wrong)).toContain(sha256('2.0\n'));
    expect(await agent.ask('program', { image: '/images/v9', sha256: sha256('') })).toMatchObject({
      error: { code: 'driver.not_found' },
    });
    expect(fileOf(host, 'firmware')).toBe('');
  });

  it('ends when it is cancelled', async () => {
    const host = anAgentHost();
    const agent = await startAgent(host, { pauseMs: 100 });
    const text = `2.0\n${'more\n'.repeat(600)}`;
    host.put('images/v2', text);
    const outcome = agent.ask('program', { image: '/images/v2', sha256: sha256(text) }, { id: 9001 });
    await until('it has begun', async () => fileOf(host, 'firmware') !== '');
    await agent.cancel(9001);
    expect(await outcome).toMatchObject({ kind: 'canceled' });
  });
});

describe('an agent that starts anew', () => {
  it('keeps what was attached and finishes what was not, by what the machine shows', async () => {
    const host = anAgentHost();
    const first = await startAgent(host);
    await first.ask('attach', terms('part0'));
    await first.ask('attach', terms('part1', 'vm-2'));
    await first.stop();
    editJournal(host, 'part1', (entry) => ({ ...entry, state: 'detaching' }));

    const second = await startAgent(host);
    await until('all is closed', async () => second.held()?.attachments.length === 1);
    expect(second.held()?.attachments).toMatchObject([{ handle: { id: 'part0' }, state: 'attached' }]);
    expect([fileOf(host, 'part0.on'), fileOf(host, 'part1.on')]).toEqual(['1', '']);
  });

  it('shows what a reboot took, keeps it for its holder, and gives it back to him', async () => {
    const host = anAgentHost();
    const first = await startAgent(host);
    await first.ask('attach', terms());
    await first.stop();
    host.put('proc/sys/kernel/random/boot_id', 'boot-2\n');
    host.put('card/part0.on', '\n');
    host.put('card/part0.holder', '\n');

    const second = await startAgent(host);
    await until('it is seen', async () => second.held()?.attachments[0]?.seen === 'detached');
    expect(second.held()?.attachments[0]?.trouble).toContain('attach it again, or detach it');
    expect(await second.ask('attach', terms('part0', 'vm-2'))).toMatchObject({
      error: { code: 'driver.in_use' },
    });
    expect(await second.ask('attach', terms())).toMatchObject({ kind: 'succeeded' });
    expect(fileOf(host, 'part0.holder')).toBe('vm-1');
  });

  it('shows what a driver holds that no longer runs', async () => {
    const host = anAgentHost();
    const first = await startAgent(host);
    await first.ask('attach', terms());
    await first.stop();
    editJournal(host, 'part0', (entry) => ({ ...entry, driver: 'gone' }), 'gone');

    const second = await startAgent(host);
    await until('it is shown', async () => second.held() !== undefined);
    expect(second.held()?.attachments).toMatchObject([
      {
        driver: 'gone',
        state: 'attached',
        seen: null,
        trouble: expect.stringContaining('does not run on this host'),
      },
    ]);
    expect(await second.ask('attach', terms())).toMatchObject({ kind: 'succeeded' });
  });
});

describe('an operation that was seen before', () => {
  it('is answered as it ended, and not done again', async () => {
    const host = anAgentHost();
    const agent = await startAgent(host);
    const first = await agent.ask('attach', terms(), { id: 9100 });
    await agent.ask('detach', terms());
    expect(await agent.ask('attach', terms(), { id: 9100 })).toEqual(first);
    expect(fileOf(host, 'part0.on')).toBe('');
    expect(operationIdOf(9100)).toMatch(/9100$/);
  });
});

/** Changes an entry as another version, or a crash, may have left it. */
function editJournal(
  { stateDir }: AgentHost,
  part: string,
  change: (entry: Record<string, unknown>) => Record<string, unknown>,
  driver = 'flasher',
): void {
  const directory = join(stateDir, 'agents', 'host-1', 'attachment');
  mkdirSync(directory, { recursive: true });
  const name = readdirSync(directory).find((file) => file.includes(part)) ?? '';
  const [, body = ''] = readFileSync(join(directory, name), 'utf8').split('\n');
  const text = JSON.stringify(change(JSON.parse(body) as Record<string, unknown>));
  writeFileSync(join(directory, name), `cyborg-record 1 sha256:${sha256(text)}\n${text}\n`);
  renameSync(join(directory, name), join(directory, `${driver}%2F${part}.record`));
}

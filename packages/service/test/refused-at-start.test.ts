import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Ended, cyborgd as runCyborgd } from './cyborgd.ts';

const moody = fileURLToPath(new URL('./drivers/moody', import.meta.url));

let directory: string;
let taken: Server;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cyborg-refused-'));
  taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
});
afterAll(() => {
  taken.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Without a configuration of whoever runs the tests. */
const cyborgd = (...args: string[]): Promise<Ended> => runCyborgd(args, { env: { HOME: directory } });

function configFile(name: string, contents: Record<string, unknown>): string {
  const file = join(directory, `${name}.yaml`);
  writeFileSync(file, stringify({ stateDir: join(directory, name), log: { level: 'silent' }, ...contents }));
  return file;
}

describe('cyborgd', { timeout: 90_000 }, () => {
  it('refuses a file with mistakes, each with its line and place', async () => {
    const file = configFile('mistakes', {
      api: { listen: { port: 99999 } },
      bus: { kind: 'memory', colour: 'red' },
    });
    const { code, stderr } = await cyborgd('all', '--config', file);
    expect(code).toBe(78);
    expect(stderr).toContain(`cyborgd: ${file}:6:11: api.listen.port: Too big`);
    expect(stderr).toContain(
      `cyborgd: ${file}:9:11: bus.colour: unknown key; "cyborgd check-config --schema"`,
    );
  });

  it('refuses a port that is taken, and says how to take another', async () => {
    const { port } = taken.address() as { port: number };
    const file = configFile('port', { agent: { drivers: [] } });
    const { code, stderr } = await cyborgd('all', '--config', file, '--listen', `127.0.0.1:${port}`);
    expect({ code, stderr }).toEqual({
      code: 78,
      stderr: `cyborgd: api.listen 127.0.0.1:${port}: another process listens there; stop it or give another address with --listen host:port\n`,
    });
  });

  it('refuses a state directory that cannot be one', async () => {
    writeFileSync(join(directory, 'file'), '');
    const { code, stderr } = await cyborgd('all', '--state-dir', join(directory, 'file', 'state'));
    expect(code).toBe(78);
    expect(stderr).toMatch(
      /^cyborgd: stateDir .*\/file\/state: ENOTDIR.*; a file is in the way: remove it or set another stateDir\n$/,
    );
  });

  it('refuses a driver that wants another API, naming file, place, both ranges and the mend', async () => {
    const driver = join(directory, 'newer');
    cpSync(moody, driver, { recursive: true });
    const manifest = JSON.parse(readFileSync(join(moody, 'package.json'), 'utf8'));
    manifest.cyborgDriver.api = '^9.0';
    writeFileSync(join(driver, 'package.json'), JSON.stringify(manifest));
    const file = configFile('newer-driver', { agent: { drivers: [{ package: driver }] } });
    for (const command of ['all', 'check-config']) {
      const { code, stderr } = await cyborgd(command, '--config', file);
      expect(code).toBe(78);
      expect(stderr).toContain(`${driver}/package.json`);
      expect(stderr).toContain('cyborgDriver.api');
      expect(stderr).toContain('^9.0');
      expect(stderr).toContain('1.0.0');
    }
  });

  it('checks the settings of drivers by their schemas, without running them, with the place in the file', async () => {
    const pci = { package: '@cyborgjs/driver-pci', config: { devices: [{ vendor: 8086 }], colour: 'red' } };
    const file = configFile('settings', { agent: { drivers: [{ package: moody }, pci] } });
    const { code, stderr } = await cyborgd('check-config', '--config', file);
    expect(code).toBe(78);
    expect(stderr.split('\n')).toEqual([
      `cyborgd: ${file}:10:21: agent.drivers.1.config.devices.0.vendor: Invalid input: expected string, received number`,
      `cyborgd: ${file}:11:17: agent.drivers.1.config.colour: the driver knows no such setting`,
      '',
    ]);
  });

  it('refuses a driver package that is not there', async () => {
    const file = configFile('absent-driver', { agent: { drivers: [{ package: '@acme/driver-x' }] } });
    const { code, stderr } = await cyborgd('all', '--config', file);
    expect(code).toBe(78);
    expect(stderr).toMatch(
      /^cyborgd: agent\.drivers: @acme\/driver-x: driver package @acme\/driver-x is not installed in .*Run "npm install/,
    );
  });

  it('refuses to run a lone agent on a bus that ends at its process', async () => {
    const { code, stderr } = await cyborgd('agent', '--config', configFile('lone', {}));
    expect(code).toBe(78);
    expect(stderr).toContain('set bus.kind: rabbitmq with its url, or run `cyborgd all`');
  });

  it('says that a good file is good, and prints it without its secrets', async () => {
    const placement = {
      auth: { kind: 'password', authUrl: 'http://k/v3', username: 'u', password: 's3cret' },
    };
    const file = configFile('good', { placement, agent: { drivers: [{ package: moody }] } });
    expect(await cyborgd('check-config', '--config', file)).toEqual({
      code: 0,
      stdout:
        "the configuration holds; drivers: moody\ndrivers run as the agent's own user: their permissions stop mistakes, not malice (agent.driverUser would)\nno rule makes devices ready (conductor.autoReady): an operator does\n",
      stderr: '',
    });
    const printed = await cyborgd('check-config', '--print', '--config', file);
    expect(printed.stdout).toContain('password: "[secret]"');
    expect(printed.stdout).not.toContain('s3cret');
  });

  it('shows who may do what, and checks a policy file', async () => {
    const policyFile = join(directory, 'rules.yaml');
    writeFileSync(policyFile, '"cyborg:arq:create": "role:creator"\n"cyborg:arq:creat": "@"\n');
    const file = configFile('policy', { api: { policyFile } });
    const shown = await cyborgd('policy', 'show', '--config', file);
    expect(shown.stdout).toContain('cyborg:arq:create: role:creator\n');
    expect(shown.stdout).toContain('cyborg:arq:delete: rule:member_or_service_api\n');
    expect(await cyborgd('policy', 'check', '--config', file)).toEqual({
      code: 0,
      stdout: `${policyFile} holds\n`,
      stderr: `${policyFile}: cyborg:arq:creat: nothing asks for this rule\n`,
    });
    const { stdout } = await cyborgd('policy', 'check', '--config', file, '--roles', 'creator,reader');
    expect(stdout).toContain('passes  cyborg:arq:create\n');
    expect(stdout).toContain('passes  cyborg:arq:get_all\n');
    expect(stdout).toContain('denied  cyborg:arq:delete\n');
    writeFileSync(policyFile, '"cyborg:arq:create": "role:creator or"\n');
    for (const command of [['policy', 'check'], ['check-config'], ['all']] as const) {
      const { code, stderr } = await cyborgd(...command, '--config', file);
      expect(code).toBe(78);
      expect(stderr).toContain(`${policyFile}: rule cyborg:arq:create: "role:creator or"`);
    }
  });

  it('brings a database up to date and ends', async () => {
    const file = configFile('migrate', {});
    for (let time = 1; time <= 2; time++)
      expect(await cyborgd('migrate', '--config', file)).toMatchObject({
        code: 0,
        stdout: 'the database (sqlite) is up to date\n',
      });
  });
});

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { missingOpenssl, selfSigned } from '../../test/self-signed.ts';
import { postWebhook, type WebhookAnswer } from './post-webhook.ts';

const run = promisify(execFile);
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cyborg-webhook-tls-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const fileOf = (name: string): string => join(directory, name);

/** Signs one anew, for a day long ago. */
async function outdate(name: string): Promise<void> {
  const settings = ['[ca]', 'default_ca = it', '[it]', 'database = index', 'serial = serial'];
  const more = ['new_certs_dir = .', 'default_md = sha256', 'policy = any', '[any]', 'commonName = supplied'];
  writeFileSync(fileOf('ca.cnf'), [...settings, ...more, ''].join('\n'));
  writeFileSync(fileOf('index'), '');
  writeFileSync(fileOf('serial'), '01\n');
  const inIt = { cwd: directory };
  const key = `${name}.key`;
  await run('openssl', ['req', '-new', '-key', key, '-subj', '/CN=test', '-out', 'request'], inIt);
  const dates = ['-startdate', '20200101000000Z', '-enddate', '20200102000000Z'];
  const files = ['-config', 'ca.cnf', '-keyfile', key, '-in', 'request', '-out', `${name}.crt`];
  await run('openssl', ['ca', '-batch', '-selfsign', '-notext', ...dates, ...files], inIt);
}

/** A receiver with that certificate that takes everything. */
async function receiverOf(
  name: string,
): Promise<{ readonly url: URL; readonly received: readonly string[] }> {
  const received: string[] = [];
  const [key, cert] = ['key', 'crt'].map((end) => readFileSync(fileOf(`${name}.${end}`), 'utf8'));
  const server = createServer({ key, cert }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push(Buffer.concat(chunks).toString());
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`), received };
}

const post = (url: URL): Promise<WebhookAnswer> =>
  postWebhook(url, {
    headers: {},
    body: '{"id":1}',
    timeoutMs: 10_000,
    signal: new AbortController().signal,
  });

/** What comes of it in a process that knows further authorities: Node reads them when it starts. */
async function postKnowing(authorities: string, ...urls: readonly URL[]): Promise<WebhookAnswer[]> {
  const script = `
    const { postWebhook } = await import(${JSON.stringify(new URL('./post-webhook.ts', import.meta.url).href)});
    const signal = new AbortController().signal;
    const answers = [];
    for (const url of process.argv.slice(1))
      answers.push(await postWebhook(new URL(url), { headers: {}, body: '{"id":1}', timeoutMs: 10_000, signal }));
    console.log(JSON.stringify(answers));`;
  const words = ['--conditions=cyborg-source', '--input-type=module', '--eval', script];
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: authorities };
  const { stdout } = await run(process.execPath, [...words, ...urls.map(({ href }) => href)], { env });
  return JSON.parse(stdout);
}

describe.skipIf(missingOpenssl)(
  `a webhook by https${missingOpenssl === undefined ? '' : ` (skipped: ${missingOpenssl})`}`,
  () => {
    it('sends nothing to a receiver whose certificate is not trusted, and says what is wrong with it', async () => {
      await selfSigned(directory, 'plain', 'IP:127.0.0.1');
      const { url, received } = await receiverOf('plain');
      expect(await post(url)).toEqual({
        status: null,
        failure:
          'the certificate of the receiver is self-signed; NODE_EXTRA_CA_CERTS makes its authority known to cyborgd',
        retryAfter: null,
      });
      expect(received).toEqual([]);
    });

    it('delivers to it once its authority is made known, and tells of a certificate for another name', {
      timeout: 60_000,
    }, async () => {
      await selfSigned(directory, 'known', 'IP:127.0.0.1');
      await selfSigned(directory, 'other', 'DNS:elsewhere.example.org');
      const [known, other] = [await receiverOf('known'), await receiverOf('other')];
      const both = fileOf('both.crt');
      await run('sh', ['-c', `cat ${fileOf('known.crt')} ${fileOf('other.crt')} > ${both}`]);
      const [delivered, refused] = await postKnowing(both, known.url, other.url);
      expect(delivered).toEqual({ status: 204, failure: null, retryAfter: null });
      expect(known.received).toEqual(['{"id":1}']);
      expect(refused?.failure).toBe('the certificate of the receiver is for another name');
      expect(other.received).toEqual([]);
    });

    it('tells of a certificate that has expired', async () => {
      await selfSigned(directory, 'old', 'IP:127.0.0.1');
      await outdate('old');
      const { url } = await receiverOf('old');
      const [refused] = await postKnowing(fileOf('old.crt'), url);
      expect(refused?.failure).toBe('the certificate of the receiver has expired');
    });
  },
);

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { missingOpenssl, selfSigned } from '../../test/self-signed.ts';
import { describeUrl, readUrl } from './url-image.ts';

const bytes = Buffer.from('0123456789');
const digest = `sha256:${'a'.repeat(64)}` as const;
const signal = new AbortController().signal;
const authorities = getCACertificates('default');
const plainAnswer: RequestListener = ({ headers: { range } }, response) => {
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': bytes.length - from });
  response.end(bytes.subarray(from));
};

let directory: string;
let server: Server;
let origin: string;
let answer = plainAnswer;
const at = (url: string) => ({ kind: 'url', url, digest }) as const;

async function read(url: string, offset: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of await readUrl(at(url), offset, signal)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

describe.skipIf(missingOpenssl)(
  `an image at an address${missingOpenssl === undefined ? '' : ` (skipped: ${missingOpenssl})`}`,
  () => {
    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), 'cyborg-url-'));
      const own = await selfSigned(directory, 'server', 'DNS:localhost');
      setDefaultCACertificates([...authorities, own.cert]);
      server = createServer(own, (request, response) => answer(request, response));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      origin = `https://localhost:${(server.address() as AddressInfo).port}`;
    });
    beforeEach(() => {
      answer = plainAnswer;
    });
    afterAll(() => {
      setDefaultCACertificates(authorities);
      server.closeAllConnections();
      server.close();
      rmSync(directory, { recursive: true, force: true });
    });

    it('is as long as its server says, and is read from anywhere', async () => {
      expect(await describeUrl(at(`${origin}/image`), signal)).toEqual({
        id: `${origin}/image`,
        size: 10,
        digest,
      });
      expect(await read(`${origin}/image`, 0)).toBe('0123456789');
      expect(await read(`${origin}/image`, 7)).toBe('789');
    });

    it('is read from anywhere at a server that knows no ranges', async () => {
      answer = (_request, response) => response.end(bytes);
      expect(await read(`${origin}/image`, 7)).toBe('789');
    });

    it('may have moved, but not away from https, to where nobody is spoken to, or for ever', async () => {
      let location = '/image';
      answer = (request, response) =>
        request.url === '/image'
          ? plainAnswer(request, response)
          : response.writeHead(302, { location }).end();
      expect(await read(`${origin}/old`, 8)).toBe('89');
      for (const [to, why] of [
        ['http://localhost/image', 'which is not https'],
        ['https://169.254.169.254/latest', 'leads to 169.254.169.254, where nobody is to be spoken to'],
        ['https://[fe80::1]/', 'leads to fe80::1'],
        ['https://user:secret@localhost/', 'localhost is addressed with a user and a password'],
        ['/old', 'redirects more than 5 times'],
      ] as const) {
        location = to;
        await expect(describeUrl(at(`${origin}/old`), signal)).rejects.toMatchObject({
          code: 'image.unusable',
          message: expect.stringContaining(why),
        });
      }
    });

    it('is refused by its status, and where it has no length or no trusted certificate', async () => {
      for (const [status, code] of [
        [404, 'image.not_found'],
        [403, 'image.unusable'],
        [503, 'image.unavailable'],
      ] as const) {
        answer = (_request, response) => response.writeHead(status).end();
        await expect(describeUrl(at(`${origin}/image`), signal)).rejects.toMatchObject({ code });
      }
      answer = (_request, response) => void response.write('1');
      await expect(describeUrl(at(`${origin}/image`), signal)).rejects.toThrow('does not say how many bytes');
      setDefaultCACertificates(authorities);
      await expect(describeUrl(at(`${origin}/image`), signal)).rejects.toMatchObject({
        code: 'image.unavailable',
        message: expect.stringContaining('self-signed certificate'),
      });
    });
  },
);

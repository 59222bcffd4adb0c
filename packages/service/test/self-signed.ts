import { execFile, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Why no certificate can be made here; undefined where one can. */
export const missingOpenssl =
  spawnSync('openssl', ['version']).status === 0 ? undefined : 'openssl is not installed';

/** What a TLS server needs. */
interface OwnCertificate {
  readonly key: string;
  readonly cert: string;
}

/**
 * Makes a certificate that signs itself, `<name>.key` and `<name>.crt` in a directory.
 *
 * @param altName whom it is for: `IP:127.0.0.1`, `DNS:localhost`
 */
export async function selfSigned(directory: string, name: string, altName: string): Promise<OwnCertificate> {
  const [key, cert] = [join(directory, `${name}.key`), join(directory, `${name}.crt`)];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const subject = ['-subj', '/CN=test', '-addext', `subjectAltName=${altName}`];
  await promisify(execFile)('openssl', ['req', ...kind, ...subject, '-keyout', key, '-out', cert]);
  return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';

/** The administrator's token of an embedded service, and the file that holds it. */
export interface EmbeddedToken {
  readonly token: string;
  readonly file: string;
}

/** Reads the token that the first start made, or makes it: readable by the owner alone. */
export function embeddedToken(stateDir: string, randomBytes: (size: number) => Buffer): EmbeddedToken {
  const file = join(stateDir, 'token');
  if (existsSync(file)) {
    const token = readFileSync(file, 'utf8').trim();
    if (token.length >= 16) return { token, file };
  }
  const token = `cyb_${randomBytes(32).toString('base64url')}`;
  writeFileAtomic.sync(file, `${token}\n`, { mode: 0o600 });
  return { token, file };
}

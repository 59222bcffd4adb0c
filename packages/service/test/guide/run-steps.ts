import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const source = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** Makes a directory with `cyborg`, `cyborgd` and `cyborg-driver`, run from their sources, to be put in front of PATH. */
export function makePrograms(directory: string): string {
  const programs = {
    cyborg: 'client/src/main.ts',
    cyborgd: 'service/src/main.ts',
    'cyborg-driver': 'driver-sdk/src/cli/main.ts',
  };
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  for (const [name, path] of Object.entries(programs)) {
    const flags = '--conditions=cyborg-source --disable-warning=ExperimentalWarning';
    const script = `#!/bin/sh\nexec '${process.execPath}' ${flags} '${source(path)}' "$@"\n`;
    writeFileSync(join(bin, name), script);
    chmodSync(join(bin, name), 0o755);
  }
  return bin;
}

/** Runs the commands of a step one after the other; throws when one fails. */
export async function runStep(
  script: string,
  { env, cwd }: { readonly env: NodeJS.ProcessEnv; readonly cwd: string },
): Promise<string> {
  const shell = spawn('/bin/sh', ['-e', '-c', script], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const [code, out, err] = await Promise.all([
    new Promise<number | null>((resolve) => shell.on('close', resolve)),
    text(shell.stdout),
    text(shell.stderr),
  ]);
  if (code !== 0) throw new Error(`${script}ended with ${code}\n${out}${err}`);
  return out;
}

// The gate: everything that must hold before a change goes in.
//
//   npm run ok                       all parts in order, up to the first that fails
//   npm run ok -- --all              all parts, whatever fails
//   npm run ok -- laws types         these parts
//   npm run ok -- --except=unit      all parts but these (comma-separated)
//   npm run ok -- --write            first write anew what is generated, and format
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { refuse, toolArguments } from '../tool-arguments.ts';
import { type GatePart, gateParts, selectParts } from './parts.ts';
import { repositoryRoot } from './source-tree.ts';

interface PartResult {
  readonly code: number;
  readonly output: string;
  readonly seconds: string;
}

const bin = join(repositoryRoot, 'node_modules', '.bin');
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };

async function runCommand([program = '', ...args]: readonly string[], isLive = false): Promise<PartResult> {
  const begin = performance.now();
  const child = spawn(program, args, { cwd: repositoryRoot, env, stdio: ['ignore', ...streams(isLive)] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  const code = await new Promise<number>((resolve) => {
    child.on('error', (error) => {
      output += `${error.message}\n`;
      resolve(127);
    });
    child.on('close', (status) => resolve(status ?? 1));
  });
  return { code, output, seconds: ((performance.now() - begin) / 1_000).toFixed(1) };
}

const streams = (isLive: boolean): ('inherit' | 'pipe')[] =>
  isLive ? ['inherit', 'inherit'] : ['pipe', 'pipe'];

/** Runs one part and prints its line, with its output when there is something to read. */
async function runPart(part: GatePart): Promise<boolean> {
  const { code, output, seconds } = await runCommand(part.command, part.isLive);
  if (code !== 0 || /^warn /m.test(output)) process.stdout.write(output);
  const alone = part.command.map((word) => (/[*?\s]/.test(word) ? `'${word}'` : word)).join(' ');
  const hint = part.write === undefined ? '' : `; to mend it: npx ${part.write.join(' ')}`;
  if (code === 0) console.log(`ok    ${part.name.padEnd(9)} ${seconds.padStart(6)} s`);
  else console.log(`FAIL  ${part.name.padEnd(9)} ${seconds.padStart(6)} s  alone: npx ${alone}${hint}`);
  return code === 0;
}

function partsCalled(wanted: readonly string[], unwanted: readonly string[]): GatePart[] {
  try {
    return selectParts(gateParts, wanted, unwanted);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

async function main(): Promise<number> {
  const { values, positionals } = toolArguments(import.meta.filename, {
    allowPositionals: true,
    options: {
      all: { type: 'boolean' },
      write: { type: 'boolean' },
      except: { type: 'string', default: '' },
    },
  });
  const parts = partsCalled(positionals, values.except.split(',').filter(Boolean));
  if (values.write) for (const { write } of parts) if (write) await runCommand(write);
  const failed: string[] = [];
  for (const part of parts) {
    if (await runPart(part)) continue;
    failed.push(part.name);
    if (!values.all) break;
  }
  console.log(failed.length === 0 ? '\nok' : `\nfailed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

process.exitCode = await main();

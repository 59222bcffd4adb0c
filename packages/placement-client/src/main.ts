#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { runCommandLine } from './cli/run-command-line.ts';

// Whoever read our output has seen enough (`placement tree | head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

process.exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  write: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
  hasColour: process.stdout.hasColors?.() === true && process.env.NO_COLOR === undefined,
  hasProgress: process.stderr.isTTY === true,
  version: manifest.version,
});

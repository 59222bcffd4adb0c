#!/usr/bin/env node
import { runCommandLine } from './command-line.ts';

// Whoever read our output has seen enough (`cyborg device list | head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runCommandLine(process.argv.slice(2));

import { readFileSync } from 'node:fs';
import { type ParseArgsConfig, parseArgs } from 'node:util';

/**
 * Reads the command line of one of our tools. `--help` prints the comment at the head of the tool's file; a word that
 * it does not know is named, and ends the process with 2.
 *
 * @param file the tool's `import.meta.filename`
 */
export function toolArguments<Config extends ParseArgsConfig>(
  file: string,
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  const words = process.argv.slice(2);
  if (words.includes('--help') || words.includes('-h')) {
    console.log(headComment(readFileSync(file, 'utf8')));
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

/** Ends the process for a command line that cannot be followed. */
export function refuse(why: string): never {
  console.error(`${why}\n--help tells what there is.`);
  process.exit(2);
}

/** The lines of comment that a file begins with, without their slashes. */
export function headComment(source: string): string {
  const lines = source.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^\/\/ ?/, ''))
    .join('\n');
}

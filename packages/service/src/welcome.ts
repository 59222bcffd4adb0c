import { styleText } from 'node:util';

interface Running {
  readonly url: string;
  readonly tokenFile: string | null;
  readonly stateDir: string;
}

/** What a person reads when the demonstration is up: where it is, how to get in, what to try. */
export function welcome({ url, tokenFile, stateDir }: Running): string {
  const bold = (text: string) => styleText('bold', text, { stream: process.stdout });
  const dim = (text: string) => styleText('dim', text, { stream: process.stdout });
  const tries = [
    ['npm run -s cyborg host list', 'the hosts: this machine, and a simulated server'],
    ['npm run -s cyborg device list', 'what was found in them, not ready yet'],
    ['npm run -s cyborg device ready simulated-server:0000:83:00.0', 'install one GPU and open it'],
  ] as const;
  const width = Math.max(...tries.map(([command]) => command.length));
  return `
${bold('Cyborg is running')} at ${bold(url)}
  API description  ${url}/openapi.json
  token            ${tokenFile ?? 'none needed'}
  state            ${stateDir}

Try, in another terminal:
${tries.map(([command, text]) => `  ${bold(command.padEnd(width))}  ${dim(text)}`).join('\n')}

Ctrl-C stops it.
`;
}

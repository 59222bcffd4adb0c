import { homedir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';

interface Running {
  readonly url: string;
  readonly tokenFile: string | null;
  readonly stateDir: string;
}

/** Where `cyborg` looks when nothing tells it otherwise. */
const usualUrl = 'http://127.0.0.1:6666';

/** What a person reads when the demonstration is up: where it is, how to get in, what to try. */
export function welcome({ url, tokenFile, stateDir }: Running): string {
  const bold = (text: string) => styleText('bold', text, { stream: process.stdout });
  const dim = (text: string) => styleText('dim', text, { stream: process.stdout });
  const where = settingsFor({ url, tokenFile });
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
${where.map((line) => `  ${bold(line)}\n`).join('')}${tries.map(([command, text]) => `  ${bold(command.padEnd(width))}  ${dim(text)}`).join('\n')}

Ctrl-C stops it.
`;
}

/** What has to be set so that `cyborg` finds a service that is not where it usually is. */
function settingsFor({ url, tokenFile }: Pick<Running, 'url' | 'tokenFile'>): string[] {
  return [
    ...(url === usualUrl ? [] : [`export CYBORG_ENDPOINT=${url}`]),
    ...(tokenFile === null || tokenFile === usualTokenFile()
      ? []
      : [`export CYBORG_TOKEN_FILE=${tokenFile}`]),
  ];
}

const usualTokenFile = (): string => join(homedir(), '.local', 'state', 'cyborg', 'token');

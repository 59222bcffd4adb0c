import { createInterface } from 'node:readline/promises';

/** Where a command says things. */
export interface Terminal {
  /** Results, on standard output. */
  print(text: string): void;
  /** What went wrong and what is going on, on standard error. */
  tell(text: string): void;
  /** Asks whoever sits there; undefined when nobody does. */
  ask(question: string): Promise<string | undefined>;
  readonly color: boolean;
  /** Columns of standard output. */
  readonly width: number;
}

/** The terminal of this process; colours where it is one and `NO_COLOR` is not set. */
export function processTerminal(environment: Readonly<Record<string, string | undefined>>): Terminal {
  return {
    print: (text) => process.stdout.write(text.endsWith('\n') ? text : `${text}\n`),
    tell: (text) => process.stderr.write(text.endsWith('\n') ? text : `${text}\n`),
    ask: async (question) => {
      if (process.stdin.isTTY !== true) return undefined;
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      const answer = await lines.question(question);
      lines.close();
      return answer;
    },
    color: process.stdout.isTTY === true && !environment.NO_COLOR,
    width: process.stdout.columns ?? 100,
  };
}

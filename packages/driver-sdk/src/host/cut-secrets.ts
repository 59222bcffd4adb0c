const cut = '[secret]';
const secretName = /pass(?:word|wd|phrase)?$|secret|token|credential|(?:api|private|access)[-_]?key|^psk$/i;
const shortest = 4;
const maxLength = 200;
const maxArgs = 64;

/** What an audit may show of texts and arguments. */
export interface SecretCutter {
  /** Shortened, without what is known to be secret. */
  text(text: string): string;
  /** Besides that, without the values of options that are named like a secret (`--token x`, `--token=x`). */
  args(args: readonly string[]): string[];
  /** Data as shortened JSON text, without known secrets and without the values of members that are named like one. */
  json(value: unknown): string;
}

/**
 * Knows as secret the values of the settings whose name says so (`password`, `apiKey`), and the user's part of a
 * URL, wherever they show up.
 */
export function createSecretCutter(config: unknown): SecretCutter {
  const secrets = [...secretsIn(config, false)].sort((one, other) => other.length - one.length);
  const withoutKnown = (text: string): string =>
    secrets.reduce((rest, secret) => rest.replaceAll(secret, cut), text);
  const text = (whole: string): string =>
    clip(withoutKnown(whole).replace(/(:\/\/[^/\s:@]+:)[^/\s@]+@/g, `$1${cut}@`));
  const json = (key: string, value: unknown): unknown => {
    if (secretName.test(key)) return cut;
    return typeof value === 'string' ? withoutKnown(value) : value;
  };
  return {
    text,
    json: (value) => clip(JSON.stringify(value, json)),
    args: (args) => {
      const shown = args.slice(0, maxArgs).map((arg, index) => {
        const [name = '', ...value] = arg.split('=');
        if (value.length > 0 && isSecretOption(name)) return `${name}=${cut}`;
        const before = args[index - 1];
        return before !== undefined && isSecretOption(before) && !arg.startsWith('-') ? cut : text(arg);
      });
      return args.length > maxArgs ? [...shown, `… ${args.length - maxArgs} more`] : shown;
    },
  };
}

const isSecretOption = (option: string): boolean =>
  option.startsWith('-') && secretName.test(option.replace(/^-+/, ''));

function* secretsIn(value: unknown, isSecret: boolean): Generator<string> {
  if (typeof value === 'string' && isSecret && value.length >= shortest) yield value;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value))
    yield* secretsIn(inner, isSecret || (!Array.isArray(value) && secretName.test(key)));
}

const clip = (text: string): string => (text.length > maxLength ? `${text.slice(0, maxLength)}…` : text);

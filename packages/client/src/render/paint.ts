import { styleText } from 'node:util';

/** What a colour is to say; which colour that is, is decided here alone. */
export type Tone = 'good' | 'warning' | 'bad' | 'faint' | 'strong';

/** Gives a text a tone, or leaves it as it is where colours are not wanted. */
export type Paint = (tone: Tone, text: string) => string;

const formats = {
  good: 'green',
  warning: 'yellow',
  bad: 'red',
  faint: 'dim',
  strong: 'bold',
} as const satisfies Record<Tone, string>;

/** No colours at all. */
export const plainPaint: Paint = (_tone, text) => text;

/** Colours where the stream is a terminal that has them; honours `NO_COLOR` and `FORCE_COLOR`. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  return (tone, text) =>
    text === '' ? '' : styleText(formats[tone], text, { stream, validateStream: true });
}

import { describe, expect, it } from 'vitest';
import { readArguments, readInteger, readUuid } from './arguments.ts';

describe('readArguments', () => {
  it('takes the last of an argument given more than once', () =>
    expect(readArguments({ name: ['a', 'b'], key: 'k' }, ['name', 'key'])).toEqual({ name: 'b', key: 'k' }));

  it('names every unknown argument', () =>
    expect(() => readArguments({ type: 'GPU', sort_key: 'x', sort_dir: 'y' }, ['type'])).toThrow(
      'Unknown argument: "sort_key, sort_dir"',
    ));
});

describe('readUuid', () => {
  it.each(['0B0D0C0A-0000-4000-8000-00000000000F', '0b0d0c0a00004000800000000000000f'])('reads %s', (text) =>
    expect(readUuid(text)).toBe('0b0d0c0a-0000-4000-8000-00000000000f'),
  );

  it("refuses anything else in Cyborg's words", () =>
    expect(() => readUuid('nope')).toThrow(
      "Invalid input for field/attribute uuid. Value: 'nope'. unable to convert to uuid. Error: Expected a uuid but received nope.",
    ));
});

describe('readInteger', () => {
  it.each([
    ['7', 7],
    [' +7 ', 7],
    ['-1', -1],
  ])('reads "%s"', (text, value) => expect(readInteger('deployable_id', text)).toBe(value));

  it.each(['x', '', '1.5', '1e3'])('refuses "%s"', (text) =>
    expect(() => readInteger('deployable_id', text)).toThrow(
      `Invalid input for field/attribute deployable_id. Value: '${text}'. unable to convert to integer. ` +
        `Error: invalid literal for int() with base 10: '${text}'`,
    ),
  );
});

import { describe, expect, it } from 'vitest';
import { PythonText, pythonJson, pythonListBytes, pythonText } from './python-json.ts';

describe('pythonJson', () => {
  it.each([
    [{ a: [1, 'x', null, true], b: {} }, '{"a": [1, "x", null, true], "b": {}}'],
    [{ links: [] }, '{"links": []}'],
    ['é ☃ 😀', '"\\u00e9 \\u2603 \\ud83d\\ude00"'],
    ['tab\t "quoted" \\ \u007f\u0001', '"tab\\t \\"quoted\\" \\\\ \\u007f\\u0001"'],
    [{ left: undefined, kept: 0 }, '{"kept": 0}'],
  ])('writes %j as json.dumps does', (value, text) => {
    expect(pythonJson(value)).toBe(text);
    expect(JSON.parse(pythonJson(value))).toEqual(value);
  });
});

describe('pythonListBytes', () => {
  it.each([0, 1, 63, 64, 65, 129])('writes %i items as json.dumps does', (length) => {
    const items = Array.from({ length }, (_, number) => ({ number, name: 'é "quoted"' }));
    const bytes = pythonListBytes('arqs', items, (item) => new PythonText(pythonJson(item)));
    expect(bytes.toString()).toBe(pythonJson({ arqs: items }));
  });
});

describe('pythonText', () => {
  it.each([
    [true, 'True'],
    [null, 'None'],
    [1.5, '1.5'],
    ['as it is', 'as it is'],
    [{ a: 1 }, '{...}'],
    [[1], '[...]'],
  ])('shows %j as str() does', (value, text) => expect(pythonText(value)).toBe(text));
});

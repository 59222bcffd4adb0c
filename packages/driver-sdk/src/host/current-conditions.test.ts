import { expect, it } from 'vitest';
import { currentConditions } from './current-conditions.ts';

it.each([
  [['--conditions=a', '--inspect'], '', ['a']],
  [['-C', 'a', '--conditions', 'b'], '--no-warnings -C=c', ['a', 'b', 'c']],
  [['--conditions=a'], '--conditions=a', ['a']],
  [[], '', []],
])('the conditions of %j and %j are %j', (execArgv, nodeOptions, conditions) => {
  expect(currentConditions(execArgv, nodeOptions)).toEqual(conditions);
});

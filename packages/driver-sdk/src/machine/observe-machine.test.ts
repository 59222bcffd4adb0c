import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DriverError } from '../driver-error.ts';
import { createRealMachine } from './create-real-machine.ts';
import { observeMachine, type SeamCall } from './observe-machine.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'observe-machine-'));
  writeFileSync(join(root, 'file'), 'a');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

it('tells of every call in order, with what came of it', async () => {
  const heard: unknown[] = [];
  const machine = observeMachine(createRealMachine({ root }), {
    before: (call) => void heard.push(call),
    after: ({ index }, outcome) => void heard.push([index, outcome.ok ? outcome.value : 'failed']),
  });
  await machine.read('/file');
  await machine.write('/file', 'b');
  await machine.run('/none', ['-v']).catch(() => {});
  expect(heard).toEqual([
    { index: 0, verb: 'read', path: '/file' },
    [0, 'a'],
    { index: 1, verb: 'write', path: '/file', text: 'b' },
    [1, undefined],
    { index: 2, verb: 'run', tool: '/none', args: ['-v'] },
    [2, 'failed'],
  ]);
});

const fault = (): never => {
  throw new DriverError('hardware', 'injected');
};
const onWrite = (call: SeamCall): void => (call.verb === 'write' ? fault() : undefined);

it('keeps the machine untouched when the observer throws before', async () => {
  const machine = observeMachine(createRealMachine({ root }), { before: onWrite });
  await expect(machine.write('/file', 'b')).rejects.toThrow('injected');
  expect(readFileSync(join(root, 'file'), 'utf8')).toBe('a');
});

it('reports as failed what took effect when the observer throws after', async () => {
  const machine = observeMachine(createRealMachine({ root }), { after: onWrite });
  await expect(machine.write('/file', 'b')).rejects.toThrow('injected');
  expect(readFileSync(join(root, 'file'), 'utf8')).toBe('b');
});

import type { SeamCall } from '../../machine/observe-machine.ts';
import type { Check } from '../check.ts';
import type { Fault } from '../fault-machine.ts';
import { discoverDamaged, goldenDiscoverCalls } from './damaged-discover.ts';

export const vanishMidRead: Check = {
  id: 12,
  name: 'vanish-mid-read',
  scope: 'fixture',
  holds:
    'When any one file vanishes or fails, discovery still answers: that card unknown or left out, the others as before.',
  why: 'Cards vanish between a list and a read, and sick ones do not answer; the others must not go with them.',
  run: async (bench) => {
    for (const call of await goldenDiscoverCalls(bench))
      for (const fault of vanishingFaults(call)) await discoverDamaged(bench, call, fault);
  },
};

function vanishingFaults(call: SeamCall): readonly Fault[] {
  if (call.verb === 'run')
    return [
      { kind: 'error', errno: 'ENOENT' },
      { kind: 'error', errno: 'ETIMEDOUT' },
    ];
  return (['ENOENT', 'EIO', 'ENODEV', 'EINVAL'] as const).map((errno) => ({ kind: 'error', errno }));
}

const megabyte = 'A'.repeat(1024 * 1024);

/** Answers that are no answers, by the kind of use of the seam. */
const garbage: Readonly<Record<SeamCall['verb'], readonly unknown[]>> = {
  read: ['', '\u0000\u0000\u0000', megabyte, '-1\n', '\ufffd\ufffd\n', '0x\n', '(null)\n', '??????\n'],
  readBytes: [new Uint8Array(), new Uint8Array(64), new Uint8Array(4096).fill(0xff), new Uint8Array(3)],
  list: [[], ['', '..', 'not-an-address', 'x'.repeat(255), '\u0000']],
  link: ['', '..', 'x'.repeat(255), '\u0000'],
  resolve: ['/', '/nowhere', '/sys/devices/\u0000'],
  write: [],
  run: [
    { code: 0, out: '', err: '' },
    { code: 1, out: '', err: '\u0000\ufffd' },
    { code: 139, out: '\u0000\u0001\u0002', err: '' },
    { code: 0, out: megabyte, err: '' },
    { code: 0, out: 'a, b, c\n1, 2, 3\n', err: '' },
  ],
  invoke: [null, '', '\u0000', megabyte, -1, [], {}],
};

export const garbageAnswers: Check = {
  id: 13,
  name: 'garbage',
  scope: 'fixture',
  holds:
    'When any one answer is garbage (empty, NUL, a megabyte, negative, not UTF-8), the same holds, and no card takes another identity.',
  why: 'Firmware, kernels and tools print nonsense; one such value must not cost the inventory of the host.',
  run: async (bench) => {
    for (const call of await goldenDiscoverCalls(bench))
      for (const value of garbage[call.verb]) await discoverDamaged(bench, call, { kind: 'answer', value });
  },
};

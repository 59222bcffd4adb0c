import { expect, it } from 'vitest';
import { describeHint, hintFor, type WatchHint } from './watch-hint.ts';

const rescan: WatchHint = { type: 'rescan', reason: 'a card came' };
const health: WatchHint = {
  type: 'health',
  device: '0000:83:00.0',
  health: { state: 'failed', reason: 'it is lost' },
};

it('is told in words', () => {
  expect(describeHint(rescan)).toBe('a card came');
  expect(describeHint(health)).toBe('0000:83:00.0 is failed: it is lost');
  expect(describeHint({ ...health, health: { state: 'ok' } })).toBe('0000:83:00.0 is ok');
});

it.each(['1.1.0', '1.2.0', '1.10.3', '2.0.0'])('of health goes to a host of contract %s as it is', (api) => {
  expect(hintFor(api, health)).toBe(health);
  expect(hintFor(api, rescan)).toBe(rescan);
});

it('of health is a reason to look again for a host that knows no other hint', () => {
  expect(hintFor('1.0.0', health)).toEqual({ type: 'rescan', reason: '0000:83:00.0 is failed: it is lost' });
  expect(hintFor('1.0.0', rescan)).toBe(rescan);
});

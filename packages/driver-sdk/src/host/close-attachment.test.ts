import { describe, expect, it } from 'vitest';
import { cardNumber } from '../../test/drivers/quiet-driver.ts';
import { closeAttachment, homeOfHandle } from './close-attachment.ts';

const seenOrder = ['attached', 'partial', 'detached', null] as const;

describe('how what an earlier run left is closed', () => {
  //                              seen:  attached  partial   detached  (not told)
  it.each([
    ['attaching', 'here', 'attach', 'detach', 'drop', 'keep'],
    ['attaching', 'absent', 'detach', 'detach', 'drop', 'keep'],
    ['attaching', 'elsewhere', 'drop', 'drop', 'drop', 'drop'],
    ['attaching', 'unknown', 'keep', 'keep', 'keep', 'keep'],
    ['detaching', 'here', 'detach', 'detach', 'drop', 'keep'],
    ['detaching', 'absent', 'detach', 'detach', 'drop', 'keep'],
    ['detaching', 'elsewhere', 'drop', 'drop', 'drop', 'drop'],
    ['detaching', 'unknown', 'keep', 'keep', 'keep', 'keep'],
    ['attached', 'here', 'keep', 'keep', 'keep', 'keep'],
    ['attached', 'absent', 'keep', 'keep', 'keep', 'keep'],
    ['attached', 'elsewhere', 'drop', 'drop', 'drop', 'drop'],
    ['attached', 'unknown', 'keep', 'keep', 'keep', 'keep'],
  ] as const)('%s, its handle %s', (state, home, ...closings) => {
    expect(seenOrder.map((seen) => closeAttachment({ state }, home, seen))).toEqual(closings);
  });
});

describe('where a handle is', () => {
  const given = (identity: string, handle: string) => ({
    device: { identity, address: 'slot-0' },
    handle: { id: handle, type: 'TEST_PCI' as const },
  });
  const nameless = { ...cardNumber(0), identity: null };

  it.each([
    ['on its device', given('card-0', 'handle-0'), [cardNumber(0)], true, 'here'],
    [
      'on another device, that came to its address',
      given('card-9', 'handle-0'),
      [cardNumber(0)],
      true,
      'elsewhere',
    ],
    ['nowhere', given('card-0', 'handle-7'), [cardNumber(0)], false, 'absent'],
    ['not to be told after a reboot', given('card-0', 'handle-0'), undefined, false, 'unknown'],
    ['where it was, in one boot', given('card-0', 'handle-0'), undefined, true, 'here'],
    [
      'on a card that cannot be read, after a reboot',
      given('card-0', 'handle-0'),
      [nameless],
      false,
      'unknown',
    ],
    ['on a card that cannot be read, in one boot', given('card-0', 'handle-0'), [nameless], true, 'here'],
    ['on a card that never had a name', given('at:slot-0', 'handle-0'), [nameless], false, 'here'],
  ] as const)('%s', (_where, entry, found, isSameBoot, home) => {
    expect(homeOfHandle(entry, found, isSameBoot)).toBe(home);
  });
});

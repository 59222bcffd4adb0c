import { z } from 'zod';
import type { StateTable } from './state-table.ts';

/** Where a device stands between being found and being given out. Health is a separate matter. */
export const DeviceState = z.enum([
  'discovered',
  'installing',
  'install_failed',
  'ready',
  'disabled',
  'uninstalling',
  'gone',
]);
export type DeviceState = z.output<typeof DeviceState>;

export type DeviceEvent =
  | 'install'
  | 'installed'
  | 'install_failed'
  | 'enable'
  | 'disable'
  | 'uninstall'
  | 'uninstalled'
  | 'uninstall_failed'
  | 'vanish'
  | 'return_as_discovered'
  | 'return_as_ready'
  | 'return_as_disabled';

/**
 * A new device waits in `discovered` until an operator, or a rule of his, makes it ready. `gone` remembers where it came
 * from: a card that comes back with the same identity takes up the state it had, one that was in the middle of a change
 * begins again.
 */
export const deviceLifeCycle: StateTable<DeviceState, DeviceEvent> = {
  noun: 'device',
  initial: 'discovered',
  transitions: {
    discovered: { install: 'installing', vanish: 'gone' },
    installing: { installed: 'ready', install_failed: 'install_failed', vanish: 'gone' },
    install_failed: { install: 'installing', uninstall: 'uninstalling', vanish: 'gone' },
    ready: { disable: 'disabled', uninstall: 'uninstalling', vanish: 'gone' },
    disabled: { enable: 'ready', uninstall: 'uninstalling', vanish: 'gone' },
    uninstalling: { uninstalled: 'discovered', uninstall_failed: 'install_failed', vanish: 'gone' },
    gone: {
      return_as_discovered: 'discovered',
      return_as_ready: 'ready',
      return_as_disabled: 'disabled',
    },
  },
};

/** The event with which a device that had this state before it vanished comes back. */
export function returnEvent(before: DeviceState): DeviceEvent {
  if (before === 'ready') return 'return_as_ready';
  if (before === 'disabled') return 'return_as_disabled';
  return 'return_as_discovered';
}

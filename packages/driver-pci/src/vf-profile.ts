import { DriverError } from '@cyborgjs/driver-sdk';
import type { PciRule } from './config.ts';

/** The layouts of a card: `whole`, without virtual functions, and `vfs-8`, with so many. */
const form = /^vfs-(\d{1,5})$/;

/**
 * How many virtual functions an install is to make; undefined where their number is left alone, as the settings say.
 *
 * @throws `invalid` for a profile that there is not, and for any where the settings leave the number alone
 */
export function wantedVirtualFunctions(rule: PciRule, profile: string | undefined): number | undefined {
  if (profile === undefined) return rule.virtualFunctions;
  const [, digits] = form.exec(profile) ?? [];
  if (profile !== 'whole' && digits === undefined) {
    throw new DriverError('invalid', `there is no profile "${profile}"`, {
      hint: 'Profiles are "whole", and "vfs-8" for so many virtual functions.',
    });
  }
  if (rule.virtualFunctions !== undefined) return Number(digits ?? 0);
  throw new DriverError(
    'invalid',
    `profile "${profile}" cannot be made: the settings leave virtual functions alone`,
    {
      hint: 'Set virtualFunctions in the entry of the card, and its number is cared for.',
    },
  );
}

import { DeviceProfileGroup } from '@cyborgjs/core';
import { z } from 'zod';
import { parseColumn, remembering } from './json-column.ts';

const Groups = z.array(DeviceProfileGroup);

/** The groups of a profile; shared with whoever reads the same text, as each request of a profile does. */
export const toProfileGroups = remembering((text): readonly Readonly<DeviceProfileGroup>[] =>
  Object.freeze(parseColumn(Groups, text, 'device_profile.groups').map((group) => Object.freeze(group))),
);

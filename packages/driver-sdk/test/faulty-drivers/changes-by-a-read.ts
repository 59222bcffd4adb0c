import { z } from 'zod';
import { acmeDriver } from '../acme/acme-driver.ts';
import { acmeml } from '../acme/acme-library.ts';
import { acmePackage } from '../acme/acme-package.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'says of a change by its library that it only looks',
  seen: 'common: a getter of a vendor library that resets what it reads',
  says: 'the dry run of install changed the machine: /sys/devices/pci0000:05/0000:05:00.0/power_limit was "300\\n" and is "250\\n"',
  checks: [46],
};

const { cyborgDriver } = acmePackage;
const permissions = { ...cyborgDriver.permissions, ports: { acmeml: 'read' } };
export const packageJson = { ...acmePackage, cyborgDriver: { ...cyborgDriver, permissions } };

/** A port on which everything is a read. */
const allReads = {
  reads: {
    ...acmeml.reads,
    setPowerLimit: { argument: acmeml.writes.setPowerLimit, result: z.unknown() },
  },
  writes: {},
  open: acmeml.open,
};

export default { ...acmeDriver, ports: { acmeml: allReads } };

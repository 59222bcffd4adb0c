import {
  createDriverHost,
  type DriverHost,
  patientLimits,
  resolveDriverPackage,
} from '@cyborgjs/driver-sdk/host';

/** A driver on the guest's own hardware, in a process of its own as an agent would have it, started. */
export async function openDriver(name: string, config: object): Promise<DriverHost> {
  const host = createDriverHost({
    package: resolveDriverPackage({ name, from: import.meta.dirname }),
    config,
    machine: { kind: 'real', root: '/' },
    log: ({ level, message }) => console.log(`${name}: ${level}: ${message}`),
    // The guest is emulated, and slow.
    limits: patientLimits(10),
  });
  await host.start();
  return host;
}

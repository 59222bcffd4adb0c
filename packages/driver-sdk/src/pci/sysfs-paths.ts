/** Where Linux shows the PCI bus (Documentation/ABI/testing/sysfs-bus-pci). */
export const pciDevices = '/sys/bus/pci/devices';
export const pciDrivers = '/sys/bus/pci/drivers';
export const pciProbe = '/sys/bus/pci/drivers_probe';

/** The directory of a function; a link to its real one. */
export const functionPath = (address: string): string => `${pciDevices}/${address}`;

/** Whether a driver hands functions to user space by VFIO: `vfio-pci` or a variant such as `mlx5_vfio_pci`. */
export const isVfioDriver = (driver: string | undefined): boolean =>
  driver !== undefined && /vfio[-_]pci$/.test(driver);

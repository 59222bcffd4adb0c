/** The package.json of the made-up vendor's driver. */
export const acmePackage = {
  name: 'acme-driver',
  version: '1.2.3',
  exports: { '.': './acme-driver.ts' },
  cyborgDriver: {
    id: 'acme',
    api: '^1.0',
    entry: '.',
    verbs: ['discover', 'status', 'attach', 'detach', 'install', 'uninstall', 'program', 'stats'],
    match: [{ pci: '1d55:a010' }],
    permissions: {
      read: [
        '/sys/bus',
        '/sys/bus/pci/**',
        '/sys/devices/pci*/**',
        '/sys/kernel/iommu_groups/**',
        '/dev/vfio',
        '/var/lib/acme/**',
      ],
      write: [
        '/sys/devices/**/driver_override',
        '/sys/bus/pci/drivers/*/{bind,unbind}',
        '/sys/bus/pci/drivers_probe',
      ],
      tools: ['/usr/sbin/acmectl'],
      ports: { acmeml: 'write' },
    },
    stats: [
      { name: 'temperature', unit: 'celsius', kind: 'gauge' },
      { name: 'energy', unit: 'joule', kind: 'counter' },
    ],
  },
};

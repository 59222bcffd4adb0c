import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AttachmentInfo } from '../driver.ts';
import { describeConnection } from './describe-connection.ts';

const uuid = '4b20d080-1b54-4048-85b3-a6a62d165c01';
const parts = { domain: '0000', bus: '83', device: '00', function: '5' };

const bound: AttachmentInfo = { type: 'PCI', info: { ...parts, managed: 'no', iommu_group: '14' } };
const withCharacterDevice: AttachmentInfo = { type: 'PCI', info: { ...bound.info, vfio_device: 'vfio3' } };
const forNova: AttachmentInfo = { type: 'PCI', info: { ...parts, physical_network: 'physnet1' } };
const mdev: AttachmentInfo = {
  type: 'MDEV',
  info: { ...parts, uuid, iommu_group: '41', asked_type: 'nvidia-231', vgpu_mark: 'nvidia-231_0' },
};
const vendorVfio: AttachmentInfo = {
  type: 'MDEV',
  info: {
    ...parts,
    sysfsdev: '/sys/bus/pci/devices/0000:83:00.5',
    asked_type: 'nvidia-1428',
    vgpu_mark: 'nvidia-1428_0',
  },
};
const mig: AttachmentInfo = {
  type: 'CDI',
  info: {
    cdi_name: 'nvidia.com/mig=0-1',
    device_nodes: '/dev/nvidia0,/dev/nvidiactl,/dev/nvidia-caps/nvidia-cap12',
  },
};
const test: AttachmentInfo = { type: 'TEST_PCI', info: { ...parts } };

const pciXml = (managed: string): string => `<hostdev mode='subsystem' type='pci' managed='${managed}'>
  <source>
    <address domain='0x0000' bus='0x83' slot='0x00' function='0x5'/>
  </source>
</hostdev>
`;
const plug = (source: object): object => ({
  attach: [{ execute: 'device_add', arguments: { driver: 'vfio-pci', ...source, id: 'accel0', bus: 'rp0' } }],
  detach: [{ execute: 'device_del', arguments: { id: 'accel0' } }],
});
const connect = (attached: AttachmentInfo) => describeConnection(attached, { id: 'accel0', bus: 'rp0' });
const nodesOf = (attached: AttachmentInfo) =>
  connect(attached).cdi?.spec?.devices[0]?.containerEdits.deviceNodes?.map(({ path }) => path);

describe('the connection of a handle', () => {
  it('that is bound to VFIO: no binding by libvirt, its nodes for processes and containers', () => {
    const connection = connect(bound);
    expect(connection).toEqual({
      type: 'PCI',
      nova: {
        attach_handle_type: 'PCI',
        attach_handle_info: { bus: '83', device: '00', domain: '0000', function: '5' },
      },
      libvirt: pciXml('no'),
      qmp: plug({ host: '0000:83:00.5' }),
      cdi: {
        name: 'cyborg.openstack.org/vfio=0000:83:00.5',
        spec: {
          cdiVersion: '0.6.0',
          kind: 'cyborg.openstack.org/vfio',
          annotations: { 'cyborg.openstack.org/made-by': 'cyborg' },
          devices: [
            {
              name: '0000:83:00.5',
              containerEdits: {
                deviceNodes: [
                  { path: '/dev/vfio/vfio', permissions: 'rw' },
                  { path: '/dev/vfio/14', permissions: 'rw' },
                ],
              },
            },
          ],
        },
      },
      deviceNodes: ['/dev/vfio/vfio', '/dev/vfio/14'],
    });
  });

  it('that has a node of its own: iommufd too', () => {
    expect(connect(withCharacterDevice).deviceNodes.slice(2)).toEqual([
      '/dev/iommu',
      '/dev/vfio/devices/vfio3',
    ]);
    const { qmp } = describeConnection(withCharacterDevice, { id: 'accel0', iommufd: 'iommufd0' });
    expect(qmp).toEqual({
      attach: [
        { execute: 'object-add', arguments: { 'qom-type': 'iommufd', id: 'iommufd0' } },
        {
          execute: 'device_add',
          arguments: { driver: 'vfio-pci', host: '0000:83:00.5', id: 'accel0', iommufd: 'iommufd0' },
        },
      ],
      detach: [
        { execute: 'device_del', arguments: { id: 'accel0' } },
        { execute: 'object-del', arguments: { id: 'iommufd0' } },
      ],
    });
  });

  it('that is set aside for Nova: libvirt binds, and nobody else can take it', () => {
    const { nova, libvirt, cdi, deviceNodes } = connect(forNova);
    expect(Object.entries(nova.attach_handle_info).at(-1)).toEqual(['physical_network', 'physnet1']);
    expect(libvirt).toBe(pciXml('yes'));
    expect([cdi, deviceNodes]).toEqual([null, []]);
  });

  it('that is a mediated device: by its UUID', () => {
    const { nova, libvirt, qmp, deviceNodes } = connect(mdev);
    expect(JSON.stringify(nova)).toBe(
      '{"attach_handle_type":"MDEV","attach_handle_info":{"asked_type":"nvidia-231","bus":"83","device":"00","domain":"0000","function":"5","vgpu_mark":"nvidia-231_0"}}',
    );
    expect(libvirt).toBe(`<hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci'>
  <source>
    <address uuid='${uuid}'/>
  </source>
</hostdev>
`);
    expect(qmp).toEqual(plug({ sysfsdev: `/sys/bus/mdev/devices/${uuid}` }));
    expect(deviceNodes).toEqual(['/dev/vfio/vfio', '/dev/vfio/41']);
    expect(connect(mdev).cdi?.name).toBe(`cyborg.openstack.org/vfio=${uuid}`);
  });

  it('that is a virtual function whose vendor driver must keep it', () => {
    expect(connect(vendorVfio).libvirt).toBe(pciXml('no'));
    expect(connect(vendorVfio).qmp).toEqual(plug({ sysfsdev: '/sys/bus/pci/devices/0000:83:00.5' }));
  });

  it('that is for containers: by its name, and its nodes', () => {
    const { cdi, qmp, libvirt } = connect(mig);
    expect([qmp, libvirt]).toEqual([null, null]);
    expect(cdi?.name).toBe('nvidia.com/mig=0-1');
    expect(nodesOf(mig)).toEqual(['/dev/nvidia0', '/dev/nvidiactl', '/dev/nvidia-caps/nvidia-cap12']);
    expect(connect({ type: 'CDI', info: { cdi_name: 'nvidia.com/gpu=0' } }).cdi).toEqual({
      name: 'nvidia.com/gpu=0',
      spec: null,
    });
  });

  it('that is a test: nobody but Nova hears of it', () => {
    expect(connect(test)).toEqual({
      type: 'TEST_PCI',
      nova: { attach_handle_type: 'TEST_PCI', attach_handle_info: parts },
      libvirt: null,
      qmp: null,
      cdi: null,
      deviceNodes: [],
    });
  });

  it.each([
    ['a part of the address', { type: 'PCI', info: { ...parts, bus: '0x83' } }, /bus: expected hexadecimal/],
    [
      'what would end the attribute',
      { type: 'PCI', info: { ...parts, function: "5'/><x y='" } },
      /function: /,
    ],
    ['neither UUID nor directory', { type: 'MDEV', info: parts }, /all of it: expected uuid or sysfsdev/],
    ['a directory elsewhere', { type: 'MDEV', info: { ...parts, sysfsdev: '/etc' } }, /sysfsdev: /],
    [
      'a node elsewhere',
      { type: 'CDI', info: { cdi_name: 'a.b/c=d', device_nodes: '/etc/passwd' } },
      /below \/dev/,
    ],
  ] as const)('is refused with %s wrong', (_case, attached, message) => {
    expect(() => connect(attached)).toThrow(message);
  });
});

describe('libvirt', () => {
  const isRequired = process.env.CYBORG_REQUIRE_BACKENDS === '1';
  const isThere = ['virt-xml-validate', 'xmllint'].every(
    (tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).error === undefined,
  );

  it.skipIf(!isThere && !isRequired).each([
    ['a bound function', bound],
    ['a function for Nova', forNova],
    ['a mediated device', mdev],
    ['a function of a vendor', vendorVfio],
  ])('takes %s in a domain, by its own schema', (_case, attached) => {
    const directory = mkdtempSync(join(tmpdir(), 'libvirt-'));
    try {
      const file = join(directory, 'domain.xml');
      writeFileSync(
        file,
        `<domain type='qemu'><name>one</name><memory>1024</memory><os><type arch='x86_64'>hvm</type></os><devices>${connect(attached).libvirt}</devices></domain>`,
      );
      const { status, stderr } = spawnSync('virt-xml-validate', [file, 'domain'], { encoding: 'utf8' });
      expect(status, stderr).toBe(0);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

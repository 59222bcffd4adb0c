import { z } from 'zod';
import { deviceNodes } from './device-nodes.ts';
import type { HeldHandle } from './held-handle.ts';

const path = z.string().regex(/^\/\S+$/, 'expected an absolute path');
const variable = z.string().regex(/^[A-Za-z_]\w*=/, 'expected NAME=value');
const annotations = z.record(z.string(), z.string());

const DeviceNode = z.strictObject({
  path,
  hostPath: path.optional(),
  type: z.enum(['b', 'c', 'p', 'u']).optional(),
  major: z.int().optional(),
  minor: z.int().optional(),
  fileMode: z.int().optional(),
  permissions: z
    .string()
    .regex(/^[rwm]{1,3}$/, 'expected r, w and m')
    .optional(),
  uid: z.int().nonnegative().optional(),
  gid: z.int().nonnegative().optional(),
});

const Mount = z.strictObject({
  hostPath: path,
  containerPath: path,
  type: z.string().optional(),
  options: z.array(z.string()).optional(),
});

const Hook = z.strictObject({
  hookName: z.enum([
    'prestart',
    'createRuntime',
    'createContainer',
    'startContainer',
    'poststart',
    'poststop',
  ]),
  path,
  args: z.array(z.string()).optional(),
  env: z.array(variable).optional(),
  timeout: z.int().optional(),
});

const ContainerEdits = z.strictObject({
  env: z.array(variable).optional(),
  deviceNodes: z.array(DeviceNode).optional(),
  mounts: z.array(Mount).optional(),
  hooks: z.array(Hook).optional(),
  additionalGids: z.array(z.int().nonnegative()).optional(),
});

/**
 * A specification of the Container Device Interface, versions 0.5.0 to 1.0.0, as far as it is needed here
 * (https://github.com/cncf-tags/container-device-interface, SPEC.md). Readers refuse a field that they do not know, or
 * that is newer than the version.
 */
export const CdiSpec = z
  .strictObject({
    cdiVersion: z.enum(['0.5.0', '0.6.0', '0.7.0', '0.8.0', '1.0.0']),
    kind: z
      .string()
      .regex(/^[A-Za-z]([\w.-]*[A-Za-z0-9])?\/[A-Za-z]([\w.-]*[A-Za-z0-9])?$/, 'expected vendor.com/class'),
    annotations: annotations.optional(),
    containerEdits: ContainerEdits.optional(),
    devices: z
      .array(
        z.strictObject({
          name: z
            .string()
            .regex(/^[A-Za-z0-9]([\w.:-]*[A-Za-z0-9])?$/, 'expected letters, digits, . _ : and -'),
          annotations: annotations.optional(),
          containerEdits: ContainerEdits,
        }),
      )
      .min(1),
  })
  .superRefine((spec, check) => {
    const needed = neededVersion(spec);
    if (needed > spec.cdiVersion)
      check.addIssue({
        code: 'custom',
        path: ['cdiVersion'],
        message: `what it says needs version ${needed}`,
      });
    const names = spec.devices.map(({ name }) => name);
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice !== undefined)
      check.addIssue({ code: 'custom', path: ['devices'], message: `two devices are named ${twice}` });
  });
export type CdiSpec = z.output<typeof CdiSpec>;

interface Versioned {
  readonly kind: string;
  readonly annotations?: unknown;
  readonly containerEdits?: z.output<typeof ContainerEdits> | undefined;
  readonly devices: readonly {
    readonly annotations?: unknown;
    readonly containerEdits: z.output<typeof ContainerEdits>;
  }[];
}

/** The first version that knows everything that is used: annotations and dots in classes 0.6.0, groups 0.7.0. */
function neededVersion({ kind, annotations: own, containerEdits, devices }: Versioned): string {
  const edits = [containerEdits, ...devices.map((device) => device.containerEdits)];
  if (edits.some((edit) => edit?.additionalGids !== undefined)) return '0.7.0';
  const isAnnotated = own !== undefined || devices.some((device) => device.annotations !== undefined);
  return isAnnotated || (kind.split('/')[1] ?? '').includes('.') ? '0.6.0' : '0.5.0';
}

/** How a container runtime gets a handle: the name to ask for, and the specification that explains the name. */
export interface CdiDevice {
  /** `--device` of podman and docker, `cdi.k8s.io/` annotations: `cyborg.openstack.org/vfio=0000-83-00.0`. */
  readonly name: string;
  /** Null where the host has one by the vendor's own tools. */
  readonly spec: CdiSpec | null;
}

/** Kind of the devices that are made here; those of a vendor keep the vendor's. */
export const vfioKind = 'cyborg.openstack.org/vfio';

/** The device for container runtimes; null for what a container cannot be given. */
export function cdiDevice(held: HeldHandle): CdiDevice | null {
  const nodes = deviceNodes(held);
  if (held.type === 'CDI') {
    const name = held.info.cdi_name;
    const [kind = '', device = ''] = name.split('=');
    return { name, spec: nodes.length === 0 ? null : specOf({ kind, device, nodes }) };
  }
  if (held.type === 'TEST_PCI' || nodes.length === 0) return null;
  const device = (held.type === 'MDEV' ? held.info.uuid : undefined) ?? held.address;
  return { name: `${vfioKind}=${device}`, spec: specOf({ kind: vfioKind, device, nodes }) };
}

interface SpecContent {
  readonly kind: string;
  readonly device: string;
  readonly nodes: readonly string[];
}

function specOf({ kind, device, nodes }: SpecContent): CdiSpec {
  const spec = {
    cdiVersion: '0.6.0',
    kind,
    annotations: { 'cyborg.openstack.org/made-by': 'cyborg' },
    devices: [
      {
        name: device,
        containerEdits: { deviceNodes: nodes.map((node) => ({ path: node, permissions: 'rw' })) },
      },
    ],
  };
  return CdiSpec.parse(spec);
}

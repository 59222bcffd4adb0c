import type { Session } from '@cyborgjs/openstack-session';
import { z } from 'zod';

/** The extra spec by which Nova knows what accelerators a flavor has. */
const profileSpec = 'accel:device_profile';
/** Compute API with extra specs in the list of flavors. */
const microversion = '2.61';
const service = 'compute';

const Flavor = z.object({
  id: z.string(),
  name: z.string(),
  vcpus: z.int(),
  ram: z.int(),
  disk: z.int(),
  extra_specs: z.record(z.string(), z.string()).default({}),
});

/** A flavor of Nova; sizes as Nova has them: MiB and GiB. */
export interface NovaFlavor {
  readonly id: string;
  readonly name: string;
  readonly vcpus: number;
  readonly ramMb: number;
  readonly diskGb: number;
  /** Name of its device profile; null without one. */
  readonly profile: string | null;
}

/** What we need of Nova's flavors. Everything throws the session's OpenStackError. */
export interface NovaFlavors {
  /** All flavors that the caller may see, by name. */
  byName(signal: AbortSignal): Promise<ReadonlyMap<string, NovaFlavor>>;
  /** Makes a public flavor without a device profile; tells its id. */
  create(flavor: Omit<NovaFlavor, 'id' | 'profile'>, signal: AbortSignal): Promise<string>;
  setProfile(id: string, profile: string, signal: AbortSignal): Promise<void>;
}

/** Nova's flavors (api-ref/compute, "Flavors"). */
export function createNovaFlavors(session: Session): NovaFlavors {
  const post = (path: string, body: unknown, signal: AbortSignal) =>
    session.request({ service, method: 'POST', path, body, microversion, signal });
  return {
    async byName(signal) {
      const found = new Map<string, NovaFlavor>();
      for (let marker: string | undefined; ; ) {
        const query = { is_public: 'none', marker };
        const path = '/flavors/detail';
        const { body } = await session.request({ service, method: 'GET', path, query, microversion, signal });
        const page = z.object({ flavors: z.array(Flavor) }).parse(body).flavors;
        for (const flavor of page) found.set(flavor.name, flavorOf(flavor));
        const last = page.at(-1)?.id;
        if (last === undefined || last === marker) return found;
        marker = last;
      }
    },
    async create({ name, vcpus, ramMb, diskGb }, signal) {
      const flavor = { name, vcpus, ram: ramMb, disk: diskGb };
      const { body } = await post('/flavors', { flavor }, signal);
      return z.object({ flavor: z.object({ id: z.string() }) }).parse(body).flavor.id;
    },
    async setProfile(id, profile, signal) {
      const path = `/flavors/${encodeURIComponent(id)}/os-extra_specs`;
      await post(path, { extra_specs: { [profileSpec]: profile } }, signal);
    },
  };
}

function flavorOf({ id, name, vcpus, ram, disk, extra_specs: specs }: z.output<typeof Flavor>): NovaFlavor {
  return { id, name, vcpus, ramMb: ram, diskGb: disk, profile: specs[profileSpec] ?? null };
}

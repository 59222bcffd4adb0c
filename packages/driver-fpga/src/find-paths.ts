import { listAttributes, type Machine } from '@cyborgjs/driver-sdk';

/**
 * The directories below one, going down a name at a time, each given by its beginning: kernels number their
 * devices, and put further suffixes behind the numbers (`dfl-fme.0`, `dfl-fme.0.auto`).
 *
 * @example
 * findPaths(sys, device, ['fpga_region', 'region', 'dfl-fme.']) // […/fpga_region/region0/dfl-fme.0]
 */
export async function findPaths(
  sys: Machine,
  directory: string,
  beginnings: readonly string[],
): Promise<string[]> {
  let found = [directory];
  for (const beginning of beginnings) {
    const below = found.map(async (path) => {
      const names = await listAttributes(sys, path);
      return names.filter((name) => name.startsWith(beginning)).map((name) => `${path}/${name}`);
    });
    found = (await Promise.all(below)).flat();
  }
  return found;
}

import { listFacts, type ReadingContext } from '@cyborgjs/driver-sdk';

/**
 * The directories below one, going down a name at a time, each given by its beginning: kernels number their
 * devices, and put further suffixes behind the numbers (`dfl-fme.0`, `dfl-fme.0.auto`).
 *
 * @example
 * findPaths(context, device, ['fpga_region', 'region', 'dfl-fme.']) // […/fpga_region/region0/dfl-fme.0]
 */
export async function findPaths(
  context: ReadingContext,
  directory: string,
  beginnings: readonly string[],
): Promise<string[]> {
  let found = [directory];
  for (const beginning of beginnings) {
    const below = found.map(async (path) => {
      const names = await listFacts(context, path);
      return names.filter((name) => name.startsWith(beginning)).map((name) => `${path}/${name}`);
    });
    found = (await Promise.all(below)).flat();
  }
  return found;
}

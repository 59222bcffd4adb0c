import picomatch from 'picomatch';
import type { Machine } from '../machine.ts';
import { orAbsent, readAttribute } from './read-attribute.ts';
import { functionPath, isVfioDriver, pciDrivers } from './sysfs-paths.ts';

const plain = 'vfio-pci';

/**
 * The VFIO driver that is best for a function: a variant driver made for it, such as `mlx5_vfio_pci` or
 * `nvgrace_gpu_vfio_pci`, where one is loaded, else `vfio-pci`. The kernel's `modules.alias` says what each is for,
 * by lines `alias vfio_pci:v000015B3d0000101E… mlx5_vfio_pci`; of several the one with the fewest wild cards counts.
 */
export async function chooseVfioDriver(sys: Machine, address: string): Promise<string> {
  const loaded = ((await sys.list(pciDrivers)) ?? []).filter((name) => isVfioDriver(name) && name !== plain);
  // The list of aliases is a megabyte: it is read only where there is something to choose.
  if (loaded.length === 0) return plain;
  const modalias = await readAttribute(sys, `${functionPath(address)}/modalias`);
  const release = await readAttribute(sys, '/proc/sys/kernel/osrelease');
  if (modalias === undefined || release === undefined) return plain;
  const aliases = await orAbsent(() => sys.read(`/lib/modules/${release}/modules.alias`));
  const best = matchingVariants(aliases ?? '', modalias)[0];
  return loaded.find((name) => moduleName(name) === best) ?? plain;
}

/**
 * The modules that say they are VFIO drivers made for a function, the closest first.
 *
 * @param aliases text of `modules.alias`
 * @param modalias the function's, `pci:v000010DEd…`
 */
export function matchingVariants(aliases: string, modalias: string): string[] {
  const wanted = modalias.replace(/^pci:/, 'vfio_pci:');
  return [...aliases.matchAll(/^alias (vfio_pci:\S+) (\S+)$/gm)]
    .map(([, pattern = '', module = '']) => ({ pattern, module, wildCards: pattern.split('*').length }))
    .filter(({ pattern, module }) => moduleName(module) !== 'vfio_pci' && picomatch(pattern)(wanted))
    .sort((left, right) => left.wildCards - right.wildCards)
    .map(({ module }) => moduleName(module));
}

const moduleName = (name: string): string => name.replaceAll('-', '_');

import type { CardMaker, SimulatedFunction } from '../card.ts';

/** The nodes that a graphics driver makes under `drm/`, and their class links. */
export function drmNodes(maker: CardMaker): SimulatedFunction['whenBound'] {
  const card = maker.next('drm-card');
  const render = maker.next('drm-render') + 128;
  const names = [
    [`card${card}`, card],
    [`renderD${render}`, render],
  ] as const;
  return {
    files: Object.fromEntries(
      names.flatMap(([name, minor]) => [
        [`drm/${name}/dev`, `226:${minor}\n`],
        [`/dev/dri/${name}`, ''],
      ]),
    ),
    links: Object.fromEntries(
      names.flatMap(([name]) => [
        [`/sys/class/drm/${name}`, `drm/${name}`],
        [`drm/${name}/device`, ''],
      ]),
    ),
  };
}

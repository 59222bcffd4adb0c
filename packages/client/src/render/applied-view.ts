import type { AppliedPart } from '../wizard/apply-plan.ts';
import { printable } from './printable.ts';
import type { View } from './view.ts';

/** What was made, line by line, and what to do with it. */
export function appliedView(parts: readonly AppliedPart[]): View {
  const flavor = parts.find(({ noun }) => noun === 'flavor');
  return {
    json: parts,
    names: parts.map(({ name }) => name),
    text: ({ paint }) =>
      parts
        .map(({ noun, name, outcome }) => {
          const tone = outcome === 'unchanged' ? 'faint' : 'good';
          return `${noun} ${printable(name)}: ${paint(tone, outcome === 'unchanged' ? 'was there already' : outcome)}`;
        })
        .join('\n'),
    notes:
      parts.length === 0
        ? ['There was nothing to make: every proposal has a device profile already. See: cyborg profile list']
        : flavor === undefined
          ? []
          : [`To boot a server: openstack server create --flavor ${printable(flavor.name)} …`],
  };
}

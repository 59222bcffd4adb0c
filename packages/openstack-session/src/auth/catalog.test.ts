import { describe, expect, it } from 'vitest';
import { type Catalog, findEndpoint } from './catalog.ts';

const catalog: Catalog = [
  { type: 'compute', endpoints: [{ interface: 'public', url: 'http://nova', region_id: 'one' }] },
  {
    type: 'volumev3',
    name: 'cinderv3',
    endpoints: [{ interface: 'public', url: 'http://cinder', region_id: 'one' }],
  },
  {
    type: 'placement',
    endpoints: [
      { interface: 'internal', url: 'http://internal.one', region_id: 'one' },
      { interface: 'publicURL', url: 'http://public.one', region: 'one' },
      { interface: 'public', url: 'http://public.two', region_id: 'two' },
    ],
  },
];

describe('catalog', () => {
  it.each([
    [{ type: 'placement' }, 'http://public.one'],
    [{ type: 'placement', interface: 'internal' as const }, 'http://internal.one'],
    [{ type: 'placement', region: 'two' }, 'http://public.two'],
    [{ type: 'placement', interface: 'internal' as const, region: 'two' }, undefined],
    [{ type: 'image' }, undefined],
    [{ type: 'placement', interface: ['admin', 'internal', 'public'] as const }, 'http://internal.one'],
    [{ type: 'placement', interface: ['internal', 'public'] as const, region: 'two' }, 'http://public.two'],
    [{ type: 'block-storage' }, 'http://cinder'],
    [{ type: 'volume', name: 'cinderv3' }, 'http://cinder'],
    [{ type: 'volume', name: 'other' }, undefined],
  ])('finds by %o', (filter, url) => {
    expect(findEndpoint(catalog, filter)).toBe(url);
  });
});

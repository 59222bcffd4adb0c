import { describe, expect, it } from 'vitest';
import { parseLayout } from './layout.ts';

describe('names of layouts', () => {
  it.each([
    ['whole', { kind: 'whole' }],
    ['all-1g.10gb', { kind: 'mig', profiles: ['1g.10gb'], fill: true }],
    ['3g.40gb, 4g.40gb', { kind: 'mig', profiles: ['3g.40gb', '4g.40gb'], fill: false }],
    ['1g.10gb+me', { kind: 'mig', profiles: ['1g.10gb+me'], fill: false }],
    ['T4-2Q', { kind: 'vgpu', type: 'T4-2Q' }],
    ['GRID T4-2Q', { kind: 'vgpu', type: 'GRID T4-2Q' }],
    ['NVIDIA RTX Pro 6000 Blackwell DC-48Q', { kind: 'vgpu', type: 'NVIDIA RTX Pro 6000 Blackwell DC-48Q' }],
    ['vfs-4', { kind: 'vfs', count: 4 }],
    ['CPX/NPS4', { kind: 'partition', compute: 'CPX', memory: 'NPS4' }],
    ['DPX', { kind: 'partition', compute: 'DPX', memory: undefined }],
  ])('%s', (name, layout) => {
    expect(parseLayout(name)).toEqual(layout);
  });

  it.each([
    '',
    'half',
    'all-',
    'all-T4-2Q',
    '1g.10gb,T4-2Q',
    'vfs-0',
    'vfs-99999',
    'CPX/NPS3',
    'cpx',
    '../../etc',
  ])('refuses %j and names the forms', (name) => {
    expect(() => parseLayout(name)).toThrow(
      expect.objectContaining({ code: 'invalid', hint: expect.stringContaining('all-1g.10gb') }),
    );
  });
});

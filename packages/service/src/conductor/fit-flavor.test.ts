import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aStoredDevice } from '../../test/a-stored-device.ts';
import { countServers, type ServedGroup } from './count-servers.ts';
import { fitFlavor } from './fit-flavor.ts';

const pool = (provider: string, free: number, host = 'h1') => ({ provider, free, host });
const group = (amount: number, ...pools: ServedGroup['pools']) => ({ amount, pools });

describe('servers are counted', () => {
  it.each([
    ['one accelerator each', [group(1, pool('a', 3), pool('b', 2))], 5],
    ['two from one provider', [group(2, pool('a', 3), pool('b', 2))], 2],
    ['two groups that any provider serves', Array(2).fill(group(1, pool('a', 3), pool('b', 2))), 2],
    ['two groups with providers of their own', [group(1, pool('a', 3)), group(1, pool('b', 2))], 2],
    ['a server is on one host', Array(2).fill(group(1, pool('a', 1), pool('b', 1, 'h2'))), 0],
    ['hosts add up', [group(1, pool('a', 1), pool('b', 4, 'h2'))], 5],
    ['who has no choice chooses first', [group(1, pool('a', 1), pool('b', 1)), group(1, pool('a', 1))], 1],
    ['nothing is asked for', [], 0],
    ['a group of nothing', [group(0, pool('a', 1))], 0],
    ['nobody serves it', [group(1)], 0],
  ])('%s', (_name, groups, expected) => expect(countServers(groups)).toBe(expected));

  it('exactly, for groups that are alike', () =>
    fc.assert(
      fc.property(
        fc.array(fc.nat(5), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 3 }),
        (amounts, groups) => {
          const pools = amounts.map((free, at) => pool(String(at), free));
          const sum = amounts.reduce((all, free) => all + free, 0);
          expect(countServers(Array(groups).fill(group(1, ...pools)))).toBe(Math.floor(sum / groups));
        },
      ),
    ));

  it('never more than there is of anything', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            amount: fc.integer({ min: 1, max: 3 }),
            pools: fc.array(
              fc.nat(3).map((at) => pool(String(at), at + 1)),
              { maxLength: 4 },
            ),
          }),
          { minLength: 1, maxLength: 3 },
        ),
        (groups) => {
          const unique = groups.map(({ amount, pools }) => ({
            amount,
            pools: [...new Map(pools.map((one) => [one.provider, one])).values()],
          }));
          const servers = countServers(unique);
          for (const { amount, pools } of unique) {
            const most = pools.reduce((sum, { free }) => sum + Math.floor(free / amount), 0);
            expect(servers).toBeLessThanOrEqual(most);
          }
        },
      ),
    ));
});

describe('by our own inventory', () => {
  const groups = [{ 'resources:FPGA': '1', 'trait:CUSTOM_FPGA_INTEL': 'required' }];
  const card = { resourceClass: 'FPGA', traits: ['CUSTOM_FPGA_INTEL'], handles: 4, held: 1 };
  const fit = (...devices: ReturnType<typeof aStoredDevice>[]) =>
    fitFlavor(groups, { devices, placement: null });

  it('free handles of ready and healthy devices count', async () =>
    expect(await fit(aStoredDevice([card]))).toEqual({ servers: 3, countedBy: 'inventory', note: null }));

  it.each([
    ['not ready', { state: 'discovered' }],
    ['disabled', { state: 'disabled' }],
    ['sick', { health: { state: 'failed' } }],
    ['not heard of', { health: { state: 'unknown' } }],
  ] as const)('not of those that are %s', async (_name, changes) =>
    expect((await fit(aStoredDevice([card], changes))).servers).toBe(0),
  );

  it.each([
    ['a trait that is missing', { 'resources:FPGA': '1', 'trait:CUSTOM_OTHER': 'required' }, 0],
    ['a trait that is forbidden', { 'resources:FPGA': '1', 'trait:CUSTOM_FPGA_INTEL': 'forbidden' }, 0],
    ['another class', { 'resources:PGPU': '1' }, 0],
    ['several of one provider', { 'resources:FPGA': '2' }, 1],
    ['properties are no matter of theirs', { 'resources:FPGA': '1', 'accel:bitstream_id': 'x' }, 3],
  ])('%s', async (_name, asked, servers) => {
    const devices = [aStoredDevice([card])];
    expect((await fitFlavor([asked], { devices, placement: null })).servers).toBe(servers);
  });

  it('a Xilinx card takes two handles for each server', async () => {
    const devices = [aStoredDevice([{ ...card, traits: ['CUSTOM_FPGA_XILINX'], held: 0 }])];
    const xilinx = [{ 'resources:FPGA': '1', 'trait:CUSTOM_FPGA_XILINX': 'required' }];
    expect((await fitFlavor(xilinx, { devices, placement: null })).servers).toBe(2);
  });
});

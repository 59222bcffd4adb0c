import { Uuid } from '@cyborgjs/core';
import { describe, expect, it } from 'vitest';
import { deviceSeries, seriesName } from './device-series.ts';

describe('the series of a metric', () => {
  it.each([
    ['power', 'watts', 'gauge', 'cyborg_device_power_watts'],
    ['energy', 'joules', 'counter', 'cyborg_device_energy_joules_total'],
    ['errors', '1', 'counter', 'cyborg_device_errors_total'],
    ['errors_total', '1', 'counter', 'cyborg_device_errors_total'],
    ['memory_used_bytes', 'bytes', 'gauge', 'cyborg_device_memory_used_bytes'],
    ['watts', 'watts', 'gauge', 'cyborg_device_watts'],
    ['throughput', 'MiB/s', 'gauge', 'cyborg_device_throughput_mib_s'],
    ['load', '%', 'gauge', 'cyborg_device_load'],
  ] as const)('%s in %s, a %s, is %s', (name, unit, kind, series) => {
    expect(seriesName({ name, unit, kind })).toBe(series);
  });
});

it('puts what two drivers read as the same into one family, and takes any name of a host', async () => {
  const device = Uuid.parse('6a2f4c1e-0000-4000-8000-000000000001');
  const power = { name: 'power', unit: 'watts', kind: 'gauge', value: 41.5 } as const;
  const of = (host: string, driver: string) => ({ device, host, driver, readAt: null, readings: [power] });
  const text = await deviceSeries([of('a"b\\c\nd', 'gpu'), of('h', 'npu')]);
  expect(text.match(/# TYPE cyborg_device_power_watts gauge/g)).toHaveLength(1);
  expect(text).toContain(
    `cyborg_device_power_watts{host="a\\"b\\\\c\\nd",driver="gpu",device="${device}"} 41.5\n`,
  );
  expect(text).toContain(`{host="h",driver="npu",device="${device}"} 41.5\n`);
});

import { expect, it } from 'vitest';
import { callSeries } from './call-series.ts';

it('is a histogram of each driver, verb and outcome, on each host', () => {
  const calls = {
    bounds: [0.1, 1],
    durations: [
      { verb: 'discover' as const, outcome: 'ok' as const, counts: [2, 1, 0], seconds: 0.75 },
      { verb: 'attach' as const, outcome: 'timeout' as const, counts: [0, 0, 1], seconds: 30 },
    ],
  };
  const name = 'cyborg_driver_call_duration_seconds';
  const discover = 'host="a\\"b",driver="gpu",verb="discover",outcome="ok"';
  const attach = 'host="a\\"b",driver="gpu",verb="attach",outcome="timeout"';
  expect(callSeries([{ host: 'a"b', driver: 'gpu', calls }]).split('\n')).toEqual([
    expect.stringContaining(`# HELP ${name} `),
    `# TYPE ${name} histogram`,
    `${name}_bucket{${discover},le="0.1"} 2`,
    `${name}_bucket{${discover},le="1"} 3`,
    `${name}_bucket{${discover},le="+Inf"} 3`,
    `${name}_sum{${discover}} 0.75`,
    `${name}_count{${discover}} 3`,
    `${name}_bucket{${attach},le="0.1"} 0`,
    `${name}_bucket{${attach},le="1"} 0`,
    `${name}_bucket{${attach},le="+Inf"} 1`,
    `${name}_sum{${attach}} 30`,
    `${name}_count{${attach}} 1`,
    '',
  ]);
  expect(callSeries([])).toBe('');
});

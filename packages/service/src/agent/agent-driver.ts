import type { DriverHost } from '@cyborgjs/driver-sdk/host';

/**
 * One driver as the agent uses it: its process, wherever it stands in its life. Calls fail with a `DriverError`
 * and nothing else.
 */
export type AgentDriver = Pick<
  DriverHost,
  'id' | 'metrics' | 'calls' | 'status' | 'start' | 'retry' | 'stop' | 'call' | 'plan'
>;

export { startFaultProxy } from './fault-proxy.ts';
export type { Fault, FaultyServer, Interceptor, RequestMatch, SeenRequest } from './faulty-server.ts';
export {
  type PlacementDouble,
  type PlacementDoubleOptions,
  startPlacementDouble,
} from './placement-double.ts';
export {
  findRealPlacement,
  type RealPlacement,
  type RunningPlacement,
  startRealPlacement,
  type TrustedKeystone,
} from './real-placement.ts';

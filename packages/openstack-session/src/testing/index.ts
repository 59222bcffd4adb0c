export { freePort } from './free-port.ts';
export {
  findRealKeystone,
  type RealKeystone,
  type RunningKeystone,
  startRealKeystone,
} from './real-keystone.ts';
export { launchWsgi, type WsgiApplication, type WsgiServer } from './wsgi-server.ts';

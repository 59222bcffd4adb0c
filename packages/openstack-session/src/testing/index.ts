export {
  findRealKeystone,
  type RealKeystone,
  type RunningKeystone,
  startRealKeystone,
} from './real-keystone.ts';
export { freePort, launchWsgi, type WsgiApplication, type WsgiServer } from './wsgi-server.ts';

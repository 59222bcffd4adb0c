import { Host, Operation } from '@cyborgjs/core';
import type { CallOptions } from './call-api.ts';
import { type ListOptions, paginate } from './paginate.ts';
import { type IntentOptions, type NounInit, postIntent } from './post-intent.ts';

/** What is to be looked for. */
export interface DiscoverOptions extends IntentOptions {
  /** Id of the one driver that is to look; all drivers when it is not said. */
  readonly driver?: string;
}

/** Hosts: machines with an agent. */
export interface Hosts {
  list(options?: ListOptions): AsyncIterable<Host>;
  /** Rejects with `host.not_found`. */
  get(name: string, options?: CallOptions): Promise<Host>;
  /** Asks the drivers of the host to look for devices again; the work goes on after the answer. */
  discover(name: string, options?: DiscoverOptions): Promise<Operation>;
}

/** The hosts behind a connection. */
export function createHosts(init: NounInit): Hosts {
  const pathOf = (name: string) => `/v3/hosts/${encodeURIComponent(name)}`;
  return {
    list: (options = {}) => paginate(init.callApi, { path: '/v3/hosts', item: Host, filter: {}, options }),
    get: (name, options) => init.callApi({ method: 'GET', path: pathOf(name), answer: Host, ...options }),
    discover: (name, { driver, ...options } = {}) =>
      postIntent(init, { path: `${pathOf(name)}/discover`, body: { driver }, answer: Operation }, options),
  };
}

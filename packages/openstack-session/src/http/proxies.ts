/** Proxies to go through, by the scheme of the address that is called. */
export interface Proxies {
  /** For `http:` addresses: `http://[user:password@]host:port`. */
  readonly http?: string | undefined;
  /** For `https:` addresses, through a tunnel (`CONNECT`). Default: the one for `http:`. */
  readonly https?: string | undefined;
  /** Hosts to go to directly, by comma: `example.org` (with all below it), `*.example.org`, `host:port`, `*`. */
  readonly except?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxies that an environment names: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, also in lower
 * case, which wins, as in curl and Python's requests.
 */
export function proxiesFrom(env: Environment): Proxies {
  const read = (name: string) => env[name.toLowerCase()] || env[name] || undefined;
  const all = read('ALL_PROXY');
  return { http: read('HTTP_PROXY') ?? all, https: read('HTTPS_PROXY') ?? all, except: read('NO_PROXY') };
}

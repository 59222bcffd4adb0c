/**
 * The address that routes are looked up by. Every path is served with and without a leading `/accelerator`, which is
 * where OpenStack installers mount the service. Below `/v2`, as in Cyborg, one trailing slash and a final `.json` are
 * of no meaning.
 */
export function routedUrl(url: string): string {
  const mark = url.indexOf('?');
  const query = mark < 0 ? '' : url.slice(mark);
  const path = withoutMount(mark < 0 ? url : url.slice(0, mark));
  return (/^\/v2(?=$|[/.])/.test(path) ? path.replace(/(\.json)?\/?$/, '') : path) + query;
}

/** What stood before the routed path: `/accelerator` or nothing. */
export function mountOf(url: string): string {
  return /^\/accelerator(?=$|[/?])/.exec(url)?.[0] ?? '';
}

function withoutMount(path: string): string {
  const rest = path.slice(mountOf(path).length);
  return rest === '' ? '/' : rest;
}

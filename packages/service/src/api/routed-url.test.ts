import { describe, expect, it } from 'vitest';
import { mountOf, routedUrl } from './routed-url.ts';

describe('routedUrl', () => {
  it.each([
    ['/', '/'],
    ['/accelerator', '/'],
    ['/accelerator/', '/'],
    ['/accelerator?x=1', '/?x=1'],
    ['/accelerators', '/accelerators'],
    ['/v2/', '/v2'],
    ['/v2.json', '/v2'],
    ['/accelerator/v2/devices/?type=GPU', '/v2/devices?type=GPU'],
    ['/v2/devices.json?a=/', '/v2/devices?a=/'],
    ['/v2/device_profiles/', '/v2/device_profiles'],
    ['/v20/', '/v20/'],
    ['/accelerator/v3/hosts', '/v3/hosts'],
    ['/v3/hosts/', '/v3/hosts/'],
  ])('routes %s as %s', (url, routed) => expect(routedUrl(url)).toBe(routed));
});

describe('mountOf', () => {
  it.each([
    ['/accelerator/v3/devices', '/accelerator'],
    ['/accelerator?x', '/accelerator'],
    ['/v3/devices', ''],
    ['/acceleratorx', ''],
  ])('of %s is "%s"', (url, mount) => expect(mountOf(url)).toBe(mount));
});

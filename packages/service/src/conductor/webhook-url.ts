import { CyborgError } from '@cyborgjs/core';
import type { ConductorSettings } from './conductor-settings.ts';
import { nobodyIn } from './nobodys-address.ts';

const maxLength = 2048;
const loopback = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** The address of a webhook, if it may have it. Throws `webhook.url_refused`. */
export function requireWebhookUrl(
  text: string,
  { webhookPlainHttp }: Pick<ConductorSettings, 'webhookPlainHttp'>,
): URL {
  const url = URL.parse(text);
  const refuse = (why: string) =>
    new CyborgError('webhook.url_refused', `the url of a webhook ${why}`, { details: { field: 'url' } });
  if (url === null || text.length > maxLength)
    throw refuse(`must be an absolute address of at most ${maxLength} characters`);
  if (url.username !== '' || url.password !== '')
    throw refuse('must have no user and password in it: deliveries are signed, the receiver checks that');
  const nobody = nobodyIn(url);
  if (nobody !== undefined) throw refuse(`leads to ${nobody}, which is no address of a receiver`);
  if (url.protocol === 'https:') return url;
  if (url.protocol !== 'http:') throw refuse(`must begin with https://, and begins with ${url.protocol}`);
  if (webhookPlainHttp || loopback.has(url.hostname)) return url;
  throw refuse(
    `begins with http://, which is for loopback addresses; use https, or set conductor.webhookPlainHttp`,
  );
}

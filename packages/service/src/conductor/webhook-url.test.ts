import { describe, expect, it } from 'vitest';
import { requireWebhookUrl } from './webhook-url.ts';

describe('the address of a webhook', () => {
  it.each([
    'https://hooks.example.org/cyborg?to=ops',
    'https://10.0.0.5:8443/x',
    'https://[fd00::5]/x',
    'http://127.0.0.1:8080/x',
    'http://[::1]/x',
    'http://localhost/x',
  ])('may be %s', (text) => {
    expect(requireWebhookUrl(text, { webhookPlainHttp: false }).href).toBe(text);
  });

  it.each([
    ['http://hooks.example.org/', 'conductor.webhookPlainHttp'],
    ['http://127.0.0.1.example.org/', 'conductor.webhookPlainHttp'],
    ['https://user@hooks.example.org/', 'no user and password'],
    ['https://:secret@hooks.example.org/', 'no user and password'],
    ['ftp://hooks.example.org/', 'must begin with https'],
    ['file:///etc/passwd', 'must begin with https'],
    ['/cyborg', 'absolute'],
    ['', 'absolute'],
    [`https://example.org/${'x'.repeat(2048)}`, 'at most 2048'],
    ['https://169.254.169.254/latest/meta-data', '169.254.169.254'],
    ['https://0xa9fea9fe/', '169.254.169.254'],
    ['https://[::ffff:169.254.169.254]/', 'no address of a receiver'],
    ['https://[fe80::1]/', 'fe80::1'],
    ['https://0.0.0.0/', '0.0.0.0'],
    ['https://224.0.0.1/', '224.0.0.1'],
  ])('is not %s', (text, why) => {
    expect(() => requireWebhookUrl(text, { webhookPlainHttp: false })).toThrow(
      expect.objectContaining({ code: 'webhook.url_refused', message: expect.stringContaining(why) }),
    );
  });

  it('may be plain http where the configuration says so, and then is no other than with https', () => {
    const settings = { webhookPlainHttp: true };
    expect(requireWebhookUrl('http://hooks.example.org/', settings).host).toBe('hooks.example.org');
    expect(() => requireWebhookUrl('http://169.254.169.254/', settings)).toThrow('169.254.169.254');
  });
});

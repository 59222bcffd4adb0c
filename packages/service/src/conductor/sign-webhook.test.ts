import { expect, it } from 'vitest';
import { webhookHeaders } from './sign-webhook.ts';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}' };

it('signs the example of the Standard Webhooks libraries as they do', () => {
  expect(webhookHeaders({ ...message, secrets: [secret] }, 1_614_265_330_999)).toEqual({
    'content-type': 'application/json',
    'webhook-id': message.id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

it('signs with each of two secrets', () => {
  const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const { 'webhook-signature': both } = webhookHeaders(
    { ...message, secrets: [other, secret] },
    1_614_265_330_000,
  );
  expect(both).toMatch(/^v1,\S{44} v1,g0hM9SsE\+OTPJTGt\/tmIKtSyZlE3uFJELVlNIOLJ1OE=$/);
});

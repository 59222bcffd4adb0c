import { type Finding, finding, type Webhook } from '@cyborgjs/core';
import { humanTime } from '../render/human-time.ts';

/** Webhooks one by one where events do not arrive, else in one line; nothing where there are none. */
export function examineWebhooks(webhooks: readonly Webhook[], now: number): Finding[] {
  if (webhooks.length === 0) return [];
  const enabled = webhooks.filter(({ state }) => state === 'enabled').length;
  return [
    finding.ok('webhooks', `${webhooks.length} known, ${enabled} enabled`),
    ...webhooks.flatMap((webhook) => examineWebhook(webhook, now)),
  ];
}

function examineWebhook(webhook: Webhook, now: number): Finding[] {
  const { name, state, reason, failures, failingSince, lastAttempt, eventsLost, lastLostAt } = webhook;
  const check = `webhook ${name}`;
  const again = `When its receiver is well: cyborg webhook set ${name} --enable`;
  // Who disables one by hand has its failures forgotten.
  if (state === 'disabled')
    return failures === 0
      ? [finding.skipped(check, reason ?? 'disabled')]
      : [finding.failed(check, reason ?? 'disabled', again)];
  if (failures > 0) {
    const since = failingSince === null ? '' : ` since ${humanTime(failingSince, now)}`;
    const times = failures === 1 ? 'once' : `${failures} times in a row`;
    const event = lastAttempt === null ? '' : ` It waits at event ${lastAttempt.eventId};`;
    const help = `Try it with: cyborg webhook test ${name}.${event} to go on past one that it cannot take: cyborg webhook set ${name} --after ID`;
    return [finding.failed(check, `fails${since}, ${times}${lastFailure(webhook)}`, help)];
  }
  if (eventsLost === 0) return [];
  const found = `${eventsLost} events were too old before they could be delivered, the last ${humanTime(lastLostAt, now)}`;
  return [finding.warning(check, found, `What is kept of them: cyborg webhook set ${name} --after 0`)];
}

const lastFailure = ({ lastAttempt }: Webhook): string =>
  lastAttempt === null || lastAttempt.failure === null ? '' : `; last: ${lastAttempt.failure}`;

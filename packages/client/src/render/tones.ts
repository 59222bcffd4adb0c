import type { Tone } from './paint.ts';

const tones: Readonly<Record<string, Tone>> = {
  // Devices and their health
  ready: 'good',
  ok: 'good',
  installing: 'warning',
  uninstalling: 'warning',
  degraded: 'warning',
  unknown: 'warning',
  install_failed: 'bad',
  failed: 'bad',
  gone: 'bad',
  disabled: 'faint',
  // Hosts and drivers
  up: 'good',
  running: 'good',
  starting: 'warning',
  backoff: 'warning',
  silent: 'bad',
  quarantined: 'bad',
  incompatible: 'bad',
  refused: 'bad',
  stopped: 'faint',
  // Attachments
  attached: 'good',
  requested: 'warning',
  attaching: 'warning',
  detaching: 'warning',
  attach_failed: 'bad',
  detach_failed: 'bad',
  detached: 'faint',
  // Uploaded images
  complete: 'good',
  uploading: 'warning',
  // Webhooks
  enabled: 'good',
  // Operations
  succeeded: 'good',
  pending: 'warning',
  canceled: 'faint',
};

/** The tone of a state of any noun; ordinary text for a state that needs no attention. */
export function toneOf(state: string): Tone {
  return tones[state] ?? 'strong';
}

import type { QuotaLimits } from '@cyborgjs/core';
import type { AutoReadyRule } from './auto-ready.ts';

/** How patient the conductor is. All times are milliseconds. */
export interface ConductorSettings {
  /** After this long without a word from its agent a host counts as silent. */
  readonly hostSilenceMs: number;
  /** After this long without a good report of its driver the health of a device is unknown. */
  readonly healthTtlMs: number;
  /** An operation that has not ended by then has failed. */
  readonly operationDeadlineMs: number;
  /** The same for preparing a handle for a server; Nova waits for it no longer than its `arq_binding_timeout`. */
  readonly bindDeadlineMs: number;
  /** How long requests of a server must have been left alone before Nova is asked whether the server exists. */
  readonly orphanAgeMs: number;
  /** How long a request is kept that is for no server: its boot was given up before it was bound. */
  readonly unboundRequestAgeMs: number;
  /** How long an agent may take to answer a cancel before the operation ends without it. */
  readonly cancelGraceMs: number;
  /** An operation without news for this long is sent to its agent again. */
  readonly resendAfterMs: number;
  /** How often a failed operation is tried at most. */
  readonly maxAttempts: number;
  /** Pause before the second attempt; doubled for each further one, up to `retryCapMs`. */
  readonly retryBaseMs: number;
  readonly retryCapMs: number;
  /** Largest image that a device is programmed with, in bytes. */
  readonly imageLimitBytes: number;
  /** Most bytes that uploaded images take together. */
  readonly uploadStoreBytes: number;
  /** How long an upload is kept that nothing was programmed with. */
  readonly uploadRetentionMs: number;
  /**
   * How long what a host holds and what is stored may differ before it is seen to: long enough for what is on its way.
   */
  readonly reconcileGraceMs: number;
  /** How long a device that vanished is still shown when nothing holds it. */
  readonly goneRetentionMs: number;
  /** How long operations that ended, events, and how devices felt, are kept. */
  readonly historyRetentionMs: number;
  /** How long records of who asked for which change are kept, and how many at most. */
  readonly auditRetentionMs: number;
  readonly auditRecords: number;
  /** How many accelerator requests each project may have, by resource class. */
  readonly quotas: QuotaLimits;
  /** Which new devices are made ready without an operator; the first rule that fits one counts. */
  readonly autoReady: readonly AutoReadyRule[];
  /** Whether webhooks may have plain http addresses that are not loopback. */
  readonly webhookPlainHttp: boolean;
  /** How long the receiver of a webhook may take to answer. */
  readonly webhookTimeoutMs: number;
  /** A webhook that has only failed for this long is disabled. */
  readonly webhookGiveUpMs: number;
  /** Pause before a delivery is tried again; doubled for each further failure, up to `webhookRetryCapMs`. */
  readonly webhookRetryBaseMs: number;
  readonly webhookRetryCapMs: number;
  /** Pauses of the workers when nothing wakes them. */
  readonly outboxPollMs: number;
  readonly operationPollMs: number;
  readonly sweepPollMs: number;
  readonly orphanPollMs: number;
  readonly reconcilePollMs: number;
  /** After this long the work of a worker that died is taken over. */
  readonly leaseMs: number;
}

export const defaultConductorSettings: ConductorSettings = {
  hostSilenceMs: 60_000,
  healthTtlMs: 300_000,
  operationDeadlineMs: 1_800_000,
  bindDeadlineMs: 240_000,
  orphanAgeMs: 900_000,
  unboundRequestAgeMs: 86_400_000,
  cancelGraceMs: 30_000,
  resendAfterMs: 60_000,
  maxAttempts: 5,
  retryBaseMs: 2_000,
  retryCapMs: 120_000,
  imageLimitBytes: 536_870_912,
  uploadStoreBytes: 2_147_483_648,
  uploadRetentionMs: 604_800_000,
  reconcileGraceMs: 60_000,
  goneRetentionMs: 604_800_000,
  historyRetentionMs: 2_592_000_000,
  auditRetentionMs: 31_536_000_000,
  auditRecords: 1_000_000,
  quotas: {},
  autoReady: [],
  webhookPlainHttp: false,
  webhookTimeoutMs: 10_000,
  webhookGiveUpMs: 259_200_000,
  webhookRetryBaseMs: 5_000,
  webhookRetryCapMs: 900_000,
  outboxPollMs: 1_000,
  operationPollMs: 2_000,
  sweepPollMs: 10_000,
  orphanPollMs: 60_000,
  reconcilePollMs: 10_000,
  leaseMs: 3_000,
};

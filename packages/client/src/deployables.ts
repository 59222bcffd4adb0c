import { Operation } from '@cyborgjs/core';
import { type IntentOptions, type NounInit, postIntent } from './post-intent.ts';

/** Where an image comes from: Glance, an upload, or an https address with what it must hash to (`sha256:…`). */
export type ProgramSource =
  | { readonly image: string }
  | { readonly upload: string }
  | { readonly url: string; readonly digest: string };

/** How a deployable is to be programmed. */
export interface ProgramOptions extends IntentOptions {
  /** True: nothing is changed, and the operation ends with the plan. */
  readonly dryRun?: boolean;
}

/** Deployables: what of a device can be given out. They are listed with their devices. */
export interface Deployables {
  /**
   * Programs its device; the work goes on after the answer. Rejects with `image.not_found`, `image.unusable`,
   * `device.in_use` and others of the service's error table.
   */
  program(id: string, source: ProgramSource, options?: ProgramOptions): Promise<Operation>;
}

/** The deployables behind a connection. */
export function createDeployables(init: NounInit): Deployables {
  return {
    program(id, source, { dryRun, ...intent } = {}) {
      const path = `/v3/deployables/${encodeURIComponent(id)}/program`;
      return postIntent(init, { path, body: { ...source, dryRun }, answer: Operation }, intent);
    },
  };
}

import type { Health } from '@cyborgjs/core';

/** One error that the NVIDIA driver wrote to the kernel log. */
export interface Xid {
  readonly code: number;
  /** What the driver wrote after the number, printable and short. */
  readonly text: string;
}

interface XidMeaning {
  /** What it does to giving the GPU out; `ok` for errors of the application. */
  readonly state: Exclude<Health['state'], 'unknown'>;
  readonly text: string;
}

/**
 * What the errors mean (NVIDIA: XID Errors, r590; the list of those that applications cause is the one that NVIDIA's
 * device plugin for Kubernetes ignores). One that is not here is trouble of an unknown kind.
 */
const meanings: Readonly<Record<number, XidMeaning>> = {
  13: { state: 'ok', text: 'graphics engine exception' },
  31: { state: 'ok', text: 'memory page fault' },
  43: { state: 'ok', text: 'GPU stopped processing' },
  45: { state: 'ok', text: 'preemptive cleanup' },
  48: { state: 'failed', text: 'double bit error' },
  61: { state: 'failed', text: 'internal microcontroller breakpoint' },
  62: { state: 'failed', text: 'internal microcontroller halt' },
  63: { state: 'degraded', text: 'a memory row or page was retired' },
  64: { state: 'failed', text: 'a memory row or page could not be retired' },
  68: { state: 'ok', text: 'video processor exception' },
  74: { state: 'degraded', text: 'NVLink error' },
  79: { state: 'failed', text: 'fallen off the bus' },
  92: { state: 'degraded', text: 'many single bit errors' },
  94: { state: 'degraded', text: 'contained memory error' },
  95: { state: 'failed', text: 'uncontained memory error' },
  109: { state: 'ok', text: 'context switch timeout' },
  119: { state: 'failed', text: 'its system processor (GSP) does not answer' },
  120: { state: 'failed', text: 'its system processor (GSP) failed' },
  121: { state: 'degraded', text: 'chip-to-chip link error' },
  140: { state: 'failed', text: 'unrecovered memory error' },
  143: { state: 'failed', text: 'it could not be initialised' },
};

const unknownMeaning: XidMeaning = { state: 'degraded', text: 'an error that is not known here' };

/**
 * The errors in a kernel log by the place of their GPU, `0000:83:00`, in order. Lines read
 * `NVRM: Xid (PCI:0000:83:00): 79, pid=1234, name=python, GPU has fallen off the bus.`; whatever else is in the log is
 * passed over.
 */
export function parseXids(log: string): ReadonlyMap<string, readonly Xid[]> {
  const found = new Map<string, Xid[]>();
  const lines = log.matchAll(
    /NVRM: Xid \(PCI:([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2})\): (\d{1,5})([^\n]{0,300})/gi,
  );
  for (const [, place = '', code = '', rest = ''] of lines) {
    const slot = place.toLowerCase().replace(/^0000(?=[0-9a-f]{4}:)/, '');
    const text = rest
      .replace(/^[, ]+/, '')
      .replace(/[^\x20-\x7e]+/g, ' ')
      .trim();
    const known = found.get(slot) ?? [];
    found.set(slot, [...known.slice(-99), { code: Number(code), text }]);
  }
  return found;
}

/** How to take the errors that were logged of one GPU since boot. */
export interface XidJudgement {
  /** Errors that the operator has looked into. */
  readonly ignored: readonly number[];
  /** Whether the driver said just now that it wants no recovery: then what would be failed has been mended since. */
  readonly isRecovered: boolean;
}

/** Health by the errors that were logged of one GPU; the worst counts, and of equals the latest. */
export function xidHealth(xids: readonly Xid[], { ignored, isRecovered }: XidJudgement): Health {
  const rank = { ok: 0, degraded: 1, failed: 2 } as const;
  let worst: { readonly xid: Xid; readonly meaning: XidMeaning } | undefined;
  for (const xid of xids) {
    const meaning = meanings[xid.code] ?? unknownMeaning;
    if (meaning.state === 'ok' || ignored.includes(xid.code)) continue;
    if (worst === undefined || rank[meaning.state] >= rank[worst.meaning.state]) worst = { xid, meaning };
  }
  if (worst === undefined) return { state: 'ok' };
  const { xid, meaning } = worst;
  const reason = `Xid ${xid.code} in the kernel log: ${meaning.text}`;
  if (!isRecovered) return { state: meaning.state, reason };
  return { state: 'degraded', reason: `${reason}; the driver asks for no recovery now` };
}

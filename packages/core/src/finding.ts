import { z } from 'zod';

/** What was found by one check of a `doctor`. */
export const Finding = z.object({
  /** What was looked at, in a few words: `IOMMU`, `driver gpu on node-1`. */
  check: z.string(),
  /** `skipped`: there was nothing to look at, or it could not be looked at because of another finding. */
  state: z.enum(['ok', 'warning', 'failed', 'skipped']),
  found: z.string(),
  /** What to do about it; null when nothing is to be done. */
  help: z.string().nullable(),
});
export type Finding = z.output<typeof Finding>;

/** Short ways to say what was found. */
export const finding = {
  ok: (check: string, found: string): Finding => ({ check, state: 'ok', found, help: null }),
  skipped: (check: string, found: string): Finding => ({ check, state: 'skipped', found, help: null }),
  warning: (check: string, found: string, help: string): Finding => ({
    check,
    state: 'warning',
    found,
    help,
  }),
  failed: (check: string, found: string, help: string): Finding => ({ check, state: 'failed', found, help }),
} as const;

/** Puts a state into colours; the text as it is where there are none. */
export type PaintFinding = (state: Finding['state'], text: string) => string;

/**
 * Findings as people read them: a line each, help below those that need something, a summary at the end.
 *
 * @param paint Colours; none by default.
 */
export function findingLines(
  findings: readonly Finding[],
  paint: PaintFinding = (_state, text) => text,
): string[] {
  const wide = Math.max(0, ...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, state, found, help }) => [
    `${paint(state, state.padEnd(7))}  ${check.padEnd(wide)}  ${oneLine(found)}`,
    ...(help === null ? [] : [`         ${''.padEnd(wide)}  -> ${oneLine(help)}`]),
  ]);
  const count = (wanted: Finding['state']) => findings.filter(({ state }) => state === wanted).length;
  const [failed, warnings] = [count('failed'), count('warning')];
  const summary =
    failed + warnings === 0
      ? 'All is well.'
      : `${failed} failed, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}; what to do stands below each.`;
  return [...lines, '', summary];
}

/** Line breaks and whatever else could move the cursor of a terminal become spaces. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();

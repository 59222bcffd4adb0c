import { styleText } from 'node:util';
import type { ProviderTreePlan } from '../tree/diff-tree.ts';
import { type PlanMark, planLines, summaryOf } from '../tree/format-plan.ts';
import type { CommandContext } from './command-context.ts';

const colours = { '+': 'green', '~': 'yellow', '-': 'red', '!': 'magenta' } as const satisfies Record<
  PlanMark,
  string
>;

/** Prints a plan for people. */
export function printPlan({ write, hasColour }: CommandContext, plan: ProviderTreePlan): void {
  for (const { mark, indent, text } of planLines(plan)) {
    const line = `${'    '.repeat(indent)}${mark} ${text}`;
    write(`${hasColour ? styleText(colours[mark], line, { validateStream: false }) : line}\n`);
  }
  write(`${summaryOf(plan)}\n`);
}

import type { Inventory } from '../inventory.ts';
import type { PlanStep, ProviderTreePlan } from './diff-tree.ts';

/** How a line of a printed plan begins: what comes, what changes, what goes, what cannot be done. */
export type PlanMark = '+' | '~' | '-' | '!';

/** One line of a printed plan. */
export interface PlanLine {
  readonly mark: PlanMark;
  /** 0 for a provider, 1 for what it holds. */
  readonly indent: 0 | 1;
  readonly text: string;
}

/** A plan line by line. */
export function planLines({ steps, actual, desired }: ProviderTreePlan): PlanLine[] {
  const names = new Map(
    [...actual.providers, ...desired.providers].map(({ uuid, name }) => [uuid, name] as const),
  );
  if (desired.root.name !== undefined) names.set(actual.rootUuid, desired.root.name);
  const nameOf = (uuid: string | null) => (uuid === null ? 'nothing' : (names.get(uuid) ?? uuid));
  const lines: PlanLine[] = [];
  let at: string | undefined;
  for (const step of steps) {
    if (step.uuid !== at) lines.push(headOf(step, nameOf));
    at = step.uuid;
    lines.push(...bodyOf(step, nameOf));
  }
  return lines;
}

/** A plan as text, its last line a summary. */
export function formatPlan(plan: ProviderTreePlan): string {
  const lines = planLines(plan).map(({ mark, indent, text }) => `${'    '.repeat(indent)}${mark} ${text}`);
  return [...lines, summaryOf(plan)].join('\n');
}

/** How much of which there is in a plan. */
export function summaryOf({ steps }: ProviderTreePlan): string {
  if (steps.length === 0) return 'Nothing to do: the tree is as it should be.';
  const uuids = (...kinds: PlanStep['kind'][]) =>
    new Set(steps.filter(({ kind }) => kinds.includes(kind)).map(({ uuid }) => uuid));
  const created = uuids('create');
  const changed = [...uuids('place', 'traits', 'aggregates', 'inventories')].filter(
    (uuid) => !created.has(uuid),
  );
  const impossible = uuids('impossible').size;
  const tail = impossible === 0 ? '' : `, ${impossible} impossible`;
  return `${created.size} to create, ${changed.length} to change, ${uuids('delete').size} to delete${tail}.`;
}

type NameOf = (uuid: string | null) => string;

function headOf(step: PlanStep, nameOf: NameOf): PlanLine {
  const subject = `provider "${step.name}" (${step.uuid})`;
  switch (step.kind) {
    case 'create':
      return head('+', step.parentUuid === null ? subject : `${subject} below "${nameOf(step.parentUuid)}"`);
    case 'delete':
      return head('-', subject);
    case 'impossible':
      return head('!', `${subject} cannot be made: its parent is neither there nor wanted`);
    default:
      return head('~', subject);
  }
}

function bodyOf(step: PlanStep, nameOf: NameOf): PlanLine[] {
  switch (step.kind) {
    case 'place':
      return [
        ...(step.from.name === step.to.name
          ? []
          : [body('~', `name: "${step.from.name}" -> "${step.to.name}"`)]),
        ...(step.from.parentUuid === step.to.parentUuid
          ? []
          : [body('~', `parent: "${nameOf(step.from.parentUuid)}" -> "${nameOf(step.to.parentUuid)}"`)]),
      ];
    case 'traits':
    case 'aggregates': {
      const noun = step.kind === 'traits' ? 'trait' : 'aggregate';
      return [
        ...step.removed.map((member) => body('-', `${noun} ${member}`)),
        ...step.added.map((member) => body('+', `${noun} ${member}`)),
      ];
    }
    case 'inventories':
      return [
        ...Object.entries(step.removed).map(([name, record]) => body('-', inventoryText(name, record))),
        ...Object.entries(step.added).map(([name, record]) => body('+', inventoryText(name, record))),
        ...Object.entries(step.changed).map(([name, { from, to }]) =>
          body('~', `inventory ${name}: ${changedFields(from, to)}`),
        ),
      ];
    default:
      return [];
  }
}

function head(mark: PlanMark, text: string): PlanLine {
  return { mark, indent: 0, text };
}

function body(mark: PlanMark, text: string): PlanLine {
  return { mark, indent: 1, text };
}

function inventoryText(name: string, { total, reserved }: Inventory): string {
  return `inventory ${name}: total ${total}${reserved === 0 ? '' : `, ${reserved} reserved`}`;
}

const fields = ['total', 'reserved', 'min_unit', 'max_unit', 'step_size', 'allocation_ratio'] as const;

function changedFields(from: Inventory, to: Inventory): string {
  const changed = fields.filter((field) => from[field] !== to[field]);
  return changed.map((field) => `${field} ${from[field]} -> ${to[field]}`).join(', ');
}

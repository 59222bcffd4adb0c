import { z } from 'zod';

/** The largest value of the integer fields, and the default of `max_unit`. */
export const largestUnit = 2_147_483_647;

/**
 * What a provider has of one resource class, in Placement's own field names. Capacity is
 * `(total - reserved) * allocation_ratio`; `reserved` equal to `total` closes it for new consumers.
 */
export const Inventory = z.object({
  total: z.int().min(1).max(largestUnit),
  reserved: z.int().min(0),
  min_unit: z.int().min(1),
  max_unit: z.int().min(1),
  step_size: z.int().min(1),
  allocation_ratio: z.number(),
});
export type Inventory = z.output<typeof Inventory>;

/** An inventory to be written: what is left out gets Placement's default. */
export type InventoryInput = Pick<Inventory, 'total'> & Partial<Inventory>;

/** Inventories by resource class. */
export type Inventories = Readonly<Record<string, Inventory>>;

/** The record as Placement will store it. */
export function fullInventory(input: InventoryInput): Inventory {
  return {
    total: input.total,
    reserved: input.reserved ?? 0,
    min_unit: input.min_unit ?? 1,
    max_unit: input.max_unit ?? largestUnit,
    step_size: input.step_size ?? 1,
    allocation_ratio: input.allocation_ratio ?? 1,
  };
}

/** The same inventory, closed: nothing more can be allocated of it. */
export function closedInventory(inventory: Inventory): Inventory {
  return { ...inventory, reserved: inventory.total };
}

/** How much of it can be allocated in all. */
export function capacityOf({ total, reserved, allocation_ratio: ratio }: Inventory): number {
  return (total - reserved) * ratio;
}

/** Whether nothing more can be allocated of it. */
export function isClosed(inventory: Inventory): boolean {
  return inventory.reserved >= inventory.total;
}

/** Whether two records say the same. Ratios may differ by what a 4-byte float loses: MySQL stores them so. */
export function isSameInventory(left: Inventory, right: Inventory): boolean {
  return (
    left.total === right.total &&
    left.reserved === right.reserved &&
    left.min_unit === right.min_unit &&
    left.max_unit === right.max_unit &&
    left.step_size === right.step_size &&
    Math.abs(left.allocation_ratio - right.allocation_ratio) <= Math.abs(right.allocation_ratio) * 1e-6
  );
}

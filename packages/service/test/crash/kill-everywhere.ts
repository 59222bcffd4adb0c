import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { until } from '../until.ts';
import { type KillableService, startKillableService, stepsToKillAt } from './killable-service.ts';
import type { Step } from './service-under-kill.ts';

/** Chains that go on side by side; each waits for processes often enough to leave room for another. */
const chains = 2;
/** How long a step that comes after the end of a deed is waited for. */
const lateStepMs = 5_000;

/** What is done to a service again and again; it is killed while it does it. */
export interface Deed {
  /** Asks for it, again if it was asked for in this turn before, and waits for its end. Turns count from 0. */
  finish(service: KillableService, turn: number): Promise<void>;
  /** Fails unless everything is as it has to be after this turn. */
  check(service: KillableService, turn: number): Promise<void>;
}

/** A service that has not been started yet, and what it works on. */
export interface World<Name extends string> {
  readonly configFile: string;
  /** Each undoes the one before it, the first one the last: they are done in this order, over and over. */
  readonly deeds: Readonly<Record<Name, Deed>>;
  /** Called once, when the service runs for the first time. */
  prepare?(service: KillableService): Promise<void>;
  close?(): Promise<void>;
}

export interface KillPlan<Name extends string> {
  /** Where the service has to be killed in each deed. */
  readonly places: Readonly<Record<Name, readonly string[]>>;
  /** Deeds in which it is killed at whatever other places it comes to, too. */
  readonly anywhereIn?: readonly NoInfer<Name>[];
  open(name: string): Promise<World<Name>>;
}

/**
 * Kills a service at each of these places: the deed must then be brought to its end by the next life of the service,
 * in which the next deed is begun and killed. So one start serves two lives, and what a kill leaves behind meets
 * everything that comes after it.
 */
export async function killEverywhere<Name extends string>(plan: KillPlan<Name>): Promise<void> {
  const first = await Chain.begin(plan, 0);
  const deaths = await planDeaths(plan, first);
  const live = async (chain: Chain<Name>) => {
    while (deaths.some(({ steps }) => steps.length > 0))
      for (const { name, steps, killedAt } of deaths) {
        const step = steps.shift();
        if (step === undefined) await chain.pass(name);
        else if (await chain.kill(name, step)) killedAt.add(step.place);
      }
    await chain.end();
  };
  const others = Array.from({ length: chains - 1 }, async (_, index) =>
    live(await Chain.begin(plan, index + 1)),
  );
  await Promise.all([live(first), ...others]);
  for (const { name, places, killedAt } of deaths)
    expect([...killedAt], `places where ${name} was killed`).toEqual(expect.arrayContaining([...places]));
}

/** Where a deed is killed: what is still to come, and where it has been. */
interface Deaths<Name extends string> {
  readonly name: Name;
  readonly places: readonly string[];
  readonly steps: Step[];
  readonly killedAt: Set<string>;
}

/** Looks how often the service comes to each place while nothing kills it, and chooses the steps. */
async function planDeaths<Name extends string>(
  plan: KillPlan<Name>,
  chain: Chain<Name>,
): Promise<Deaths<Name>[]> {
  const deaths: Deaths<Name>[] = [];
  for (const [name, places] of Object.entries(plan.places) as [Name, readonly string[]][]) {
    const counts = await chain.count(name, places);
    const all = plan.anywhereIn?.includes(name) ? [...counts.keys()] : places;
    deaths.push({ name, places, steps: stepsToKillAt(all, counts), killedAt: new Set() });
  }
  return deaths;
}

/** The lives of one service in one world, one after the other. */
class Chain<Name extends string> {
  readonly #world: World<Name>;
  #service: KillableService;
  readonly #turns = new Map<Name, number>();

  private constructor(world: World<Name>, service: KillableService) {
    this.#world = world;
    this.#service = service;
  }

  static async begin<Name extends string>(plan: KillPlan<Name>, index: number): Promise<Chain<Name>> {
    const world = await plan.open(`world-${index}`);
    const service = await startKillableService(world.configFile);
    await world.prepare?.(service);
    return new Chain(world, service);
  }

  /** Does it without a kill. */
  async pass(name: Name): Promise<void> {
    const turn = this.#nextTurn(name);
    await this.#world.deeds[name].finish(this.#service, turn);
    await this.#world.deeds[name].check(this.#service, turn);
  }

  /** Does it without a kill: how often the service came to each place, to these at least once. */
  async count(name: Name, places: readonly string[]): Promise<ReadonlyMap<string, number>> {
    await this.#service.watch(null);
    await this.pass(name);
    // Some come when the deed is at its end for whoever asked for it.
    return until(`${name} comes to ${places.join(', ')}`, async () => {
      const counts = await this.#service.counts();
      return places.every((place) => counts.has(place)) && counts;
    });
  }

  /** Does it, killed at this step, and again in the next life; false when it never came to the step. */
  async kill(name: Name, step: Step): Promise<boolean> {
    const deed = this.#world.deeds[name];
    const turn = this.#nextTurn(name);
    const service = this.#service;
    await service.watch(step);
    const ending = deed.finish(service, turn).then(
      () => pause(lateStepMs),
      () => pause(lateStepMs),
    );
    await Promise.race([service.ended, ending]);
    await service.stop();
    const wasKilled = await service.ended;
    this.#service = await startKillableService(this.#world.configFile);
    try {
      await deed.finish(this.#service, turn);
      await deed.check(this.#service, turn);
    } catch (cause) {
      throw new Error(`${name} ${turn} after a kill at ${step.place} ${step.time}`, { cause });
    }
    return wasKilled;
  }

  async end(): Promise<void> {
    await this.#service.stop();
    await this.#world.close?.();
  }

  #nextTurn(name: Name): number {
    const turn = this.#turns.get(name) ?? 0;
    this.#turns.set(name, turn + 1);
    return turn;
  }
}

/** Places before and after these. */
export const around = (places: readonly string[]): string[] =>
  places.flatMap((place) => [`${place}:before`, `${place}:after`]);

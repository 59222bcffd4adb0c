import { compilePciMatch, type PciFunction } from '@cyborgjs/driver-sdk';
import type { FpgaConfig } from './config.ts';
import { type FpgaModel, type FpgaRole, findModel } from './models.ts';

/** An FPGA card by its functions. */
export type FpgaCard =
  | { readonly family: 'intel'; readonly model: FpgaModel; readonly physical: PciFunction }
  | {
      readonly family: 'alveo';
      readonly model: FpgaModel;
      /** What the card is known by: its management function, or the user function where the host lacks the other. */
      readonly main: PciFunction;
      readonly management: PciFunction | undefined;
      /** Undefined for a card with its factory image. */
      readonly user: PciFunction | undefined;
    };

/**
 * Joins functions to cards: an Intel card is its physical function, virtual ones come with it; an Alveo card is
 * the functions of one slot. Cards of which the settings keep a function for the host are left out.
 */
export function joinCards({ except }: FpgaConfig, functions: readonly PciFunction[]): FpgaCard[] {
  const isKept = compilePciMatch({ address: except });
  const known = functions.flatMap((fn) => {
    const model = findModel(fn);
    return model === undefined || isKept(fn) ? [] : [{ fn, model }];
  });
  const bySlot = Map.groupBy(
    known.filter(({ model }) => model.family === 'alveo'),
    ({ fn }) => fn.address.slice(0, -1),
  );
  return [
    ...known.flatMap(({ fn, model }): FpgaCard[] =>
      model.role === 'physical' ? [{ family: 'intel', model, physical: fn }] : [],
    ),
    ...[...bySlot.values()].flatMap(joinAlveo),
  ].sort((left, right) => (addressOf(left) < addressOf(right) ? -1 : 1));
}

function joinAlveo(parts: readonly { readonly fn: PciFunction; readonly model: FpgaModel }[]): FpgaCard[] {
  const [first] = parts;
  const inRole = (...roles: readonly FpgaRole[]): PciFunction | undefined =>
    parts.find(({ model }) => roles.includes(model.role))?.fn;
  const management = inRole('management', 'golden');
  const user = inRole('user');
  const main = management ?? user;
  return first === undefined || main === undefined
    ? []
    : [{ family: 'alveo', model: first.model, main, management, user }];
}

/** Where a card is said to be. */
export const addressOf = (card: FpgaCard): string =>
  card.family === 'intel' ? card.physical.address : card.main.address;

/** The addresses of all functions of a card. */
export const functionsOf = (card: FpgaCard): readonly string[] =>
  card.family === 'intel'
    ? [card.physical.address, ...card.physical.virtfns]
    : [card.management, card.user].flatMap((fn) => fn?.address ?? []);

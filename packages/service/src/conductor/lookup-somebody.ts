import { type LookupAddress, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isNobodys } from './nobodys-address.ts';

/** Looks where a name leads when it is connected to: it may have led elsewhere when the address was accepted. */
export const lookupSomebody: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    const addresses: LookupAddress[] = found ?? [];
    const bad = addresses.find(({ address }) => isNobodys(address));
    const [first] = addresses;
    if (error !== null) done(error, '', 0);
    else if (bad !== undefined)
      done(new Error(`${hostname} leads to ${bad.address}, where nobody is to be spoken to`), '', 0);
    else if (options.all === true) done(null, addresses);
    else done(null, first?.address ?? '', first?.family);
  });
};

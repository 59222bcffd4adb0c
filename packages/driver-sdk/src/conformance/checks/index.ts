import type { Check } from '../check.ts';
import {
  attachAgain,
  detachGone,
  detachTwice,
  detachUnknown,
  inventorySteady,
  lifeCycle,
  statusPure,
  statusTruth,
  unknownHandle,
} from './attach-checks.ts';
import { discoverBudget, hugeHost } from './budget-checks.ts';
import { configMalformed } from './config-malformed.ts';
import { garbageAnswers, vanishMidRead } from './damaged-checks.ts';
import {
  discoverPure,
  enumerationFails,
  foreignCards,
  idsStable,
  inventoryShape,
  noneIsEmpty,
} from './discover-checks.ts';
import {
  cancelAtEachCall,
  crashAtEachCall,
  deniedAtEachWrite,
  errorAtEachCall,
  hangAtEachCall,
  partialWrite,
} from './fault-checks.ts';
import { handshakeAgrees, manifestStatic, permissionsSuffice } from './manifest-checks.ts';

/** Every check, by its number. */
export const conformanceChecks: readonly Check[] = [
  manifestStatic,
  handshakeAgrees,
  configMalformed,
  discoverPure,
  idsStable,
  inventoryShape,
  noneIsEmpty,
  enumerationFails,
  vanishMidRead,
  garbageAnswers,
  hugeHost,
  discoverBudget,
  foreignCards,
  lifeCycle,
  attachAgain,
  unknownHandle,
  detachUnknown,
  detachTwice,
  detachGone,
  statusTruth,
  statusPure,
  errorAtEachCall,
  crashAtEachCall,
  hangAtEachCall,
  cancelAtEachCall,
  partialWrite,
  deniedAtEachWrite,
  inventorySteady,
  permissionsSuffice,
];

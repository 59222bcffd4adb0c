import type { Check } from '../check.ts';
import { apiHighest, apiUnsupported } from './api-checks.ts';
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
import { busyHandle } from './busy.ts';
import { concurrentSiblings } from './concurrent-siblings.ts';
import { configDocs } from './config-docs.ts';
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
import { dryRunPlan } from './dry-run.ts';
import {
  cancelAtEachCall,
  crashAtEachCall,
  deniedAtEachWrite,
  errorAtEachCall,
  hangAtEachCall,
  partialWrite,
} from './fault-checks.ts';
import { hotplugHealth } from './hotplug-health.ts';
import { installAgain } from './install-again.ts';
import { handshakeAgrees, manifestStatic, permissionsSuffice } from './manifest-checks.ts';
import { concurrentSame, otherOptionsRefused, otherOwnerRefused, rebootCloses } from './owner-checks.ts';
import { crashKinds, loopBlock } from './process-checks.ts';
import { programCancel, programCrash, programInUse, programOk, programWrong } from './program-checks.ts';
import { statsUpgrade } from './stats-upgrade.ts';
import { toolFlood, toolGarbage } from './tool-checks.ts';

/** Every check, by its number. */
export const conformanceChecks: readonly Check[] = [
  manifestStatic,
  handshakeAgrees,
  apiUnsupported,
  apiHighest,
  configMalformed,
  configDocs,
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
  otherOwnerRefused,
  otherOptionsRefused,
  concurrentSame,
  concurrentSiblings,
  unknownHandle,
  busyHandle,
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
  toolGarbage,
  toolFlood,
  deniedAtEachWrite,
  loopBlock,
  crashKinds,
  rebootCloses,
  programOk,
  programWrong,
  programCancel,
  programCrash,
  programInUse,
  dryRunPlan,
  hotplugHealth,
  statsUpgrade,
  inventorySteady,
  permissionsSuffice,
  installAgain,
];

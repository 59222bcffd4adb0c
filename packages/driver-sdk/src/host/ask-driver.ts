import type { CallVerb } from './host-limits.ts';
import type { VerbAnswer, VerbArgument } from './verb-answers.ts';

/** Asks a driver, wherever it runs. Fails with a `DriverError`. */
export type AskDriver = <Verb extends CallVerb>(
  verb: Verb,
  argument: VerbArgument[Verb],
) => Promise<VerbAnswer[Verb]>;

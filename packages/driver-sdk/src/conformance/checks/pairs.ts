import type { AttachRequest, InstallRequest, ProgramRequest } from '../../driver.ts';
import { type Bench, firstHandle, requestFor, roads } from '../bench.ts';
import type { CalledVerb } from '../call-driver.ts';
import { programRequest } from '../program-request.ts';
import { installRequest } from '../verb-stories.ts';

/** A verb and the one that undoes it, where there is one, with the request of both. */
export interface Pair {
  /** For people: `via direct`. */
  readonly how: string;
  readonly act: CalledVerb;
  readonly undo: CalledVerb | undefined;
  readonly request: AttachRequest | InstallRequest | ProgramRequest;
  /** Whether `status` speaks of it. */
  readonly hasStatus: boolean;
}

/** Attach and detach by each road, install and uninstall, and program: those that the driver has. */
export async function pairsOf(bench: Bench): Promise<Pair[]> {
  const offered = await firstHandle(bench);
  if (offered === undefined) return [];
  const { install, uninstall } = bench.subject.driver;
  const attaching = roads.map((road): Pair => {
    const request = requestFor(offered, road);
    return { how: `via ${road}`, act: 'attach', undo: 'detach', request, hasStatus: true };
  });
  const layout = installRequest(bench, offered.device);
  const installing: Pair = {
    ...{ how: `of ${layout.profile ?? 'the default layout'}`, act: 'install', hasStatus: false },
    ...{ undo: uninstall === undefined ? undefined : 'uninstall', request: layout },
  };
  const request = await programRequest(bench);
  const programming: Pair[] =
    request === undefined
      ? []
      : [{ how: 'of a valid image', act: 'program', undo: undefined, request, hasStatus: false }];
  return [...attaching, ...(install === undefined ? [] : [installing]), ...programming];
}

/** The machines of a fixture come with the layout that install makes: before it is tried, it is taken away. */
export async function undoLayout(
  { call }: { readonly call: (verb: CalledVerb, request: unknown) => Promise<unknown> },
  { act, undo, request }: Pair,
): Promise<void> {
  if (act === 'install' && undo !== undefined) await call(undo, request);
}

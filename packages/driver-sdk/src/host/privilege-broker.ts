import type { DriverVerb, PlannedStep } from '@cyborgjs/core';
import { DriverError, toDriverFailure } from '../driver-error.ts';
import type { CallPermissions } from '../machine/call-permissions.ts';
import { type DryRun, dryRunMachine } from '../machine/dry-run-machine.ts';
import { createGuard } from '../machine/guard-machine.ts';
import type { Machine, PortUse } from '../machine.ts';
import type { AuditEntry, AuditSink } from './audit-entry.ts';
import type { SecretCutter } from './cut-secrets.ts';
import type { DriverMessage } from './protocol.ts';
import { SeamServer } from './seam-server.ts';

const maxUnderWay = 64;

/** What the broker must know of a call to answer for it. */
export interface BrokeredCall {
  readonly callId: string;
  readonly verb: DriverVerb;
  /** Identity of the device that it is about. */
  readonly device: string | null;
  readonly dryRun: boolean;
  readonly permissions: CallPermissions;
  /** Told of each of its writes and tools, besides the broker's own sink. */
  readonly onAudit?: AuditSink | undefined;
  /** Comes between the driver and all that the broker does. */
  readonly interpose?: ((machine: Machine) => Machine) | undefined;
}

interface OpenedCall {
  readonly machine: Machine;
  readonly controller: AbortController;
}

interface GuardedTarget {
  readonly target: Machine;
  readonly signal: AbortSignal;
}

interface PrivilegeBrokerOptions {
  readonly driver: string;
  /** Does what the permissions let through, for one call. */
  readonly machineFor: (call: number) => Machine;
  readonly secrets: SecretCutter;
  readonly audit: AuditSink;
  readonly tellLine: (line: { readonly sys: number; readonly line: string }) => void;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/**
 * Does for one process of a driver what that may not do itself: holds each request against the manifest's
 * permissions, does it, and audits each write and each tool. What is asked for must belong to a call under way;
 * it ends with the call's cancellation.
 */
export class PrivilegeBroker {
  readonly #options: PrivilegeBrokerOptions;
  readonly #server: SeamServer;
  readonly #calls = new Map<number, OpenedCall>();
  #underWay = 0;

  constructor(options: PrivilegeBrokerOptions) {
    this.#options = options;
    this.#server = new SeamServer({ tellLine: options.tellLine });
  }

  /** From now on the call with this id may ask. Answers with the plan, which fills as a dry run goes on. */
  open(id: number, call: BrokeredCall): readonly PlannedStep[] {
    const controller = new AbortController();
    const { machine: target, plan } = this.#targetOf(id, call);
    const machine = this.#machineOf(call, { target, signal: controller.signal });
    this.#calls.set(id, { machine: call.interpose?.(machine) ?? machine, controller });
    return plan;
  }

  /** Ends the tools of a call, and refuses what it still asks for, with this failure. */
  cancel(id: number, reason: DriverError): void {
    this.#calls.get(id)?.controller.abort(reason);
  }

  /** The call has been answered: it may ask for nothing more. */
  close(id: number): void {
    this.#calls.delete(id);
  }

  /** Ends everything: the process is gone. */
  end(reason: DriverError): void {
    for (const { controller } of this.#calls.values()) controller.abort(reason);
    this.#calls.clear();
    this.#server.cancelAll();
  }

  /** The answer to one request, as it goes over the wire. */
  async answer({ call: id, request }: DriverMessage<'sys'>, sys: number): Promise<unknown> {
    const call = this.#calls.get(id);
    if (call === undefined) throw new DriverError('not_found', `call ${id} is not under way`);
    call.controller.signal.throwIfAborted();
    if (this.#underWay >= maxUnderWay) {
      throw new DriverError('busy', `${maxUnderWay} requests of the driver are under way`, { retry: 'now' });
    }
    this.#underWay++;
    try {
      return await this.#server.answer(call.machine, request, sys);
    } finally {
      this.#underWay--;
    }
  }

  /** The tool of a request is to end. */
  cancelRequest(request: DriverMessage<'sysCancel'>): void {
    this.#server.cancel(request);
  }

  #targetOf(id: number, { dryRun }: BrokeredCall): DryRun {
    const machine = this.#options.machineFor(id);
    return dryRun ? dryRunMachine(machine) : { machine, plan: [] };
  }

  #machineOf(call: BrokeredCall, { target, signal }: GuardedTarget): Machine {
    const { secrets } = this.#options;
    const guard = createGuard(target, call.permissions);
    return {
      read: async (path) => target.read(await guard.readable(path)),
      readBytes: async (path, part) => target.readBytes(await guard.readable(path), part),
      list: async (path) => target.list(await guard.readable(path)),
      link: async (path) => target.link(await guard.readableLink(path)),
      resolve: async (path) => target.resolve(await guard.readable(path)),
      write: async (path, text) => {
        const entry = {
          verb: 'write',
          path,
          realPath: null as string | null,
          text: secrets.text(text),
        } as const;
        await this.#audited(call, entry, async (note) => {
          requireChanging(call.verb, path);
          const realPath = await guard.writable(path);
          note({ realPath });
          signal.throwIfAborted();
          await target.write(realPath, text);
        });
      },
      run: (tool, args, options = {}) => {
        const entry = {
          verb: 'run',
          tool,
          args: secrets.args(args),
          exitCode: null as number | null,
        } as const;
        return this.#audited(call, entry, async (note) => {
          if (options.readOnly !== true) requireChanging(call.verb, tool);
          guard.requireTool(tool);
          const signals = options.signal === undefined ? [signal] : [signal, options.signal];
          const result = await target.run(tool, args, { ...options, signal: AbortSignal.any(signals) });
          note({ exitCode: result.code });
          return result;
        });
      },
      invoke: (use, options) => {
        const invoke = async (): Promise<unknown> => {
          guard.requirePort(use);
          signal.throwIfAborted();
          return target.invoke(use, options);
        };
        return use.writes ? this.#auditedInvoke(call, use, invoke) : invoke();
      },
    };
  }

  #auditedInvoke(call: BrokeredCall, use: PortUse, invoke: () => Promise<unknown>): Promise<unknown> {
    const { port, method } = use;
    const argument = this.#options.secrets.json(use.argument);
    return this.#audited(call, { verb: 'invoke', port, method, argument } as const, async () => {
      requireChanging(call.verb, `${port}.${method}`);
      return invoke();
    });
  }

  /** Does something and tells of it once, when it has ended. */
  async #audited<Entry extends AuditedAction, Result>(
    call: BrokeredCall,
    action: Entry,
    work: (note: (more: Partial<Entry>) => void) => Promise<Result>,
  ): Promise<Result> {
    const { driver, now } = this.#options;
    const begun = now();
    let noted: Entry = action;
    const tell = (failure: AuditEntry['failure']): void => {
      const { callId, verb: during, device, dryRun } = call;
      const durationMs = Math.round((now() - begun) * 100) / 100;
      const facts = { driver, callId, during, device, dryRun, ok: failure === null, failure, durationMs };
      const entry: AuditEntry = { ...facts, ...(noted as AuditedAction) };
      this.#options.audit(entry);
      call.onAudit?.(entry);
    };
    try {
      const result = await work((more) => {
        noted = { ...noted, ...more };
      });
      tell(null);
      return result;
    } catch (error) {
      const { code, message } = toDriverFailure(error);
      tell({ code, message: this.#options.secrets.text(message) });
      throw error;
    }
  }
}

const looking: ReadonlySet<DriverVerb> = new Set<DriverVerb>(['discover', 'status', 'stats', 'watch']);

/** The verbs that only look change nothing, whatever the manifest names. */
function requireChanging(verb: DriverVerb, what: string): void {
  if (!looking.has(verb)) return;
  throw new DriverError('denied', `${verb} only looks: it may change nothing, and not ${what}`, {
    hint: 'A tool that changes nothing is run with readOnly; what changes something belongs to install or attach.',
  });
}

type AuditedAction =
  | Pick<Extract<AuditEntry, { verb: 'write' }>, 'verb' | 'path' | 'realPath' | 'text'>
  | Pick<Extract<AuditEntry, { verb: 'run' }>, 'verb' | 'tool' | 'args' | 'exitCode'>
  | Pick<Extract<AuditEntry, { verb: 'invoke' }>, 'verb' | 'port' | 'method' | 'argument'>;

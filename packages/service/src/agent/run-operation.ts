import type { AttachmentInfo, CommandOf, DiscoveredDevice, OperationOutcome, Report } from '@cyborgjs/core';
import { type AttachRequest, DriverError, toDriverFailure } from '@cyborgjs/driver-sdk';
import type { AuditSink, MutatingVerb, VerbAnswer, VerbArgument } from '@cyborgjs/driver-sdk/host';
import type { AgentDriver } from './agent-driver.ts';
import { attachmentConnection } from './attachment-connection.ts';
import { type FetchedImage, type ImageFetcher, RefusedImage } from './image-fetcher.ts';
import { noteHotplug } from './note-hotplug.ts';
import { type OperationOrder, readOrder } from './operation-order.ts';
import { createStepLog } from './step-log.ts';
import { verifyImage } from './verify-image.ts';

type OperationCommand = CommandOf<'operation'>;

interface OperationContext {
  readonly drivers: readonly AgentDriver[];
  /** Has the drivers look at what is there from now on, sends their reports up and gives them back. */
  readonly scan: (drivers: readonly AgentDriver[]) => Promise<readonly Report[]>;
  readonly now: () => number;
  readonly images: Pick<ImageFetcher, 'fetch'>;
  /** Where the machine's files are seen from. */
  readonly machineRoot: string;
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number | null, note: string | null) => void;
}

/**
 * Carries out one command on this host. Safe to run again after any crash: drivers converge. Never throws; how it
 * ended is the answer.
 */
export async function runOperation(
  command: OperationCommand,
  context: OperationContext,
): Promise<OperationOutcome> {
  const log = createStepLog();
  const outcome = await attempt(command, { ...context, onAudit: log.take });
  const done = log.steps();
  return done.steps.length === 0 ? outcome : { ...outcome, done };
}

interface AuditedContext extends OperationContext {
  readonly onAudit: AuditSink;
}

async function attempt(command: OperationCommand, context: AuditedContext): Promise<OperationOutcome> {
  try {
    if (context.now() >= command.deadlineAt)
      throw new DriverError('timeout', 'its deadline passed before it began');
    const result =
      command.verb === 'discover' ? await discover(command, context) : await callDriver(command, context);
    return { kind: 'succeeded', result };
  } catch (error) {
    if (error instanceof RefusedImage) return { kind: 'failed', retry: error.retry, error: error.failure };
    const failure = toDriverFailure(error);
    if (failure.code === 'canceled') return { kind: 'canceled' };
    const { message, hint } = failure;
    return {
      kind: 'failed',
      retry: failure.retry,
      error: { code: `driver.${failure.code}`, message, ...(hint === undefined ? {} : { hint }) },
    };
  }
}

async function discover(
  command: OperationCommand,
  context: OperationContext,
): Promise<Record<string, unknown>> {
  const chosen = command.driver === null ? context.drivers : [driverOf(command, context)];
  const reports = await context.scan(chosen);
  const failures = reports.flatMap(({ driver, outcome }) =>
    outcome.kind === 'failure' ? [`${driver}: ${outcome.failure.message}`] : [],
  );
  if (failures.length > 0 && failures.length === reports.length)
    throw new DriverError('unavailable', `no driver answered: ${failures.join('; ')}`, { retry: 'never' });
  const devices = Object.fromEntries(
    reports.flatMap(({ driver, outcome }) =>
      outcome.kind === 'inventory' ? [[driver, outcome.devices.length]] : [],
    ),
  );
  context.onProgress(1, summary(devices, failures));
  return { devices, failures };
}

function summary(devices: Record<string, number>, failures: readonly string[]): string {
  const found = Object.entries(devices).map(([driver, count]) => `${driver}: ${count}`);
  return [...found, ...failures.map((failure) => `failed: ${failure}`)].join(', ');
}

async function callDriver(
  command: OperationCommand,
  context: AuditedContext,
): Promise<Record<string, unknown>> {
  const driver = driverOf(command, context);
  const order = readOrder(command);
  const { verb } = order;
  // A driver that has nothing to install is ready as it is.
  if ((verb === 'install' || verb === 'uninstall') && !driver.status().verbs.includes(verb))
    return order.dryRun ? { plan: [] } : {};
  if (order.verb !== 'program') return ask(order.request, { driver, order, command, context });
  const { path, letGo, image, context: left } = await placeImage(order, command, context);
  try {
    const asked = { driver, order, command, context: left };
    const result = await ask({ ...order.request, image: path }, asked);
    // Other firmware is another device to look at.
    if (!order.dryRun) await context.scan([driver]);
    return image === null ? result : { ...result, image };
  } finally {
    letGo();
  }
}

interface Asked {
  readonly driver: AgentDriver;
  readonly order: Pick<OperationOrder, 'verb' | 'dryRun' | 'force'>;
  readonly command: OperationCommand;
  readonly context: AuditedContext;
}

async function ask(
  request: VerbArgument[MutatingVerb],
  { driver, order: { verb, dryRun, force }, command, context }: Asked,
): Promise<Record<string, unknown>> {
  const { signal } = context;
  const bounds = {
    signal,
    deadlineMs: command.deadlineAt - context.now(),
    callId: command.operationId,
    force,
  };
  if (dryRun) return { plan: await driver.plan(verb, request, bounds) };
  const answer = await driver.call(verb, request, {
    ...bounds,
    onAudit: context.onAudit,
    onProgress: (fraction, note) => context.onProgress(fraction, note ?? null),
  });
  return verb === 'attach'
    ? attached(request as AttachRequest, answer as AttachmentInfo)
    : resultOf(verb, answer);
}

/** Nova takes hold of what it has by itself; everybody else is told how. */
function attached({ consumer, handle }: AttachRequest, answer: AttachmentInfo): Record<string, unknown> {
  if (consumer.via === 'nova') return { ...answer };
  return { ...answer, connection: attachmentConnection(answer, handle.id) };
}

interface PlacedImage extends Pick<FetchedImage, 'path' | 'letGo'> {
  /** Null for a file of the host's. */
  readonly image: FetchedImage['image'] | null;
  /** For what is still to be done. */
  readonly context: AuditedContext;
}

/** Sees that the image lies on the host and is the one that was meant. Fetching it is the first half of the work. */
async function placeImage(
  { file }: Pick<OperationOrder, 'file'>,
  { operationId, deadlineAt }: OperationCommand,
  context: AuditedContext,
): Promise<PlacedImage> {
  if (file !== null) {
    await verifyImage({ ...file, ...context });
    return { path: file.image, image: null, letGo: () => undefined, context };
  }
  const { signal, now, onProgress } = context;
  const fetched = await context.images.fetch({
    operationId,
    deadlineMs: deadlineAt - now(),
    signal,
    onProgress: (fraction, note) => onProgress(fraction / 2, note),
  });
  const secondHalf: OperationContext['onProgress'] = (fraction, note) =>
    onProgress(fraction === null ? null : 0.5 + fraction / 2, note);
  return { ...fetched, context: { ...context, onProgress: secondHalf } };
}

/** What an operation's result holds of a driver's answer. */
function resultOf(verb: MutatingVerb, answer: VerbAnswer[MutatingVerb]): Record<string, unknown> {
  if (answer === undefined) return {};
  return verb === 'install' ? { device: noteHotplug(answer as DiscoveredDevice) } : { ...answer };
}

function driverOf(command: OperationCommand, { drivers }: OperationContext): AgentDriver {
  const driver = drivers.find(({ id }) => id === command.driver);
  if (driver !== undefined) return driver;
  const known = drivers.map(({ id }) => id).join(', ') || 'none';
  throw new DriverError(
    'unsupported',
    `driver ${command.driver ?? '(none)'} does not run on this host; these do: ${known}`,
    {
      hint: 'add its package to agent.drivers and restart the agent',
    },
  );
}

import type { z } from 'zod';
import { DriverError } from './driver-error.ts';
import type { Machine, PortOptions } from './machine.ts';
import { placeOfNotJson } from './not-json.ts';
import type { AnyPort, AnyPorts, PortClients } from './port.ts';

/** What a driver's ports are called through: arguments and answers checked, the rest left to the seam. */
export function createPortClients<Ports extends AnyPorts>(
  ports: Ports,
  { invoke }: Pick<Machine, 'invoke'>,
  options: PortOptions,
): PortClients<Ports> {
  const clientOf = (port: string, { reads, writes }: AnyPort) => ({
    ...mapEntries(reads, (method, { argument, result }) => async (given: unknown) => {
      const use = { port, method, writes: false, argument: parse(argument, given, { port, method }) };
      return parseAnswer(result, await invoke(use, options), use);
    }),
    ...mapEntries(writes, (method, argument) => async (given: unknown) => {
      const use = { port, method, writes: true, argument: parse(argument, given, { port, method }) };
      await invoke(use, options);
    }),
  });
  return mapEntries(ports, clientOf) as PortClients<Ports>;
}

interface Place {
  readonly port: string;
  readonly method: string;
}

/** The driver itself has made the argument. */
function parse(schema: z.ZodType, given: unknown, { port, method }: Place): unknown {
  const parsed = schema.safeParse(given);
  const odd = parsed.success ? placeOfNotJson(parsed.data) : undefined;
  if (parsed.success && odd === undefined) return parsed.data;
  const complaint = parsed.success ? `${placeText(odd)}: no JSON` : complaintOf(parsed.error);
  throw new DriverError(
    'invalid',
    `${port}.${method} was called with something else than it takes: ${complaint}`,
  );
}

function parseAnswer(schema: z.ZodType, answer: unknown, { port, method }: Place): unknown {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new DriverError('hardware', `${port}.${method} answered garbage: ${complaintOf(parsed.error)}`);
}

const complaintOf = ({ issues }: z.ZodError): string =>
  issues
    .slice(0, 3)
    .map(({ path, message }) => `${placeText(path)}: ${message}`)
    .join('; ');

const placeText = (path: readonly PropertyKey[] = []): string => path.join('.') || '.';

function mapEntries<Value, Mapped>(
  record: Readonly<Record<string, Value>>,
  map: (name: string, value: Value) => Mapped,
): Record<string, Mapped> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(name, value)]));
}

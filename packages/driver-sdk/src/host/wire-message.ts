/** Any message, either way: a request has `id` and `method`, a notification only `method`, a response only `id`. */
export interface WireMessage {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string; readonly data?: unknown };
}

const known: readonly string[] = ['jsonrpc', 'id', 'method', 'params', 'result', 'error'];

/** A message as it came; what is wrong with it when it is none. Made without a library: it is needed at each start. */
export function readWireMessage(value: unknown): WireMessage | string {
  if (!isRecord(value)) return 'it is no object';
  const stranger = Object.keys(value).find((key) => !known.includes(key));
  if (stranger !== undefined) return `it has an unknown member "${stranger}"`;
  const { jsonrpc, id, method, error } = value;
  if (jsonrpc !== '2.0') return 'its "jsonrpc" is not "2.0"';
  if (id !== undefined && !(Number.isSafeInteger(id) && Number(id) >= 0))
    return 'its "id" is no number from 0';
  if (method !== undefined && typeof method !== 'string') return 'its "method" is no string';
  if (error !== undefined && !(isRecord(error) && typeof error.message === 'string'))
    return 'its "error" has no message';
  return value;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

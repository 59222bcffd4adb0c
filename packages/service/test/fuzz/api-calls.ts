import fc from 'fast-check';
import { damaged, hostileTexts, hostileValues } from './hostile-values.ts';
import type { RawRequest } from './raw-http.ts';
import { type JsonSchema, valuesOf } from './schema-values.ts';

/** What is read of the description that the service gives of itself. */
export interface ApiDescription {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, JsonSchema>> };
}

interface DescribedOperation {
  readonly parameters?: readonly {
    readonly in: string;
    readonly name: string;
    readonly schema: JsonSchema;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> };
}

/** What calls are made of besides the description. */
export interface CallIngredients {
  readonly description: ApiDescription;
  /** Ids, names and keys that mean something to the service now. */
  readonly words: readonly string[];
  /** Bodies that do something now, by method and path of the description: `post /v2/device_profiles`. */
  readonly bodies: Readonly<Record<string, readonly unknown[]>>;
  readonly token: string;
  readonly bodyLimitBytes: number;
}

/** A call, and whether it is whole: HTTP as it should be, whatever it asks for. */
export interface Call extends RawRequest {
  readonly isWhole: boolean;
}

/**
 * Calls of everything that is described: half of them as they are described, the others with something wrong in the
 * body, in the query, in the headers, in the encoding, or in HTTP itself.
 */
export function callsOf(ingredients: CallIngredients): fc.Arbitrary<Call> {
  const operations = Object.entries(ingredients.description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => callOf(method, path, { operation, ingredients })),
  );
  const whole = fc.oneof(...operations);
  return fc.oneof(
    { weight: 6, arbitrary: whole },
    { weight: 2, arbitrary: fc.tuple(whole, queries).map(withQuery) },
    { weight: 2, arbitrary: fc.tuple(whole, headerPairs).map(withHeaders) },
    { weight: 2, arbitrary: fc.tuple(whole, rawBodies(ingredients)).map(withBody) },
    { weight: 1, arbitrary: fc.tuple(whole, targets).map(withTarget) },
    {
      weight: 1,
      arbitrary: fc.tuple(whole, broken).map(([call, change]) => ({ ...change(call), isWhole: false })),
    },
  );
}

interface Described {
  readonly operation: DescribedOperation;
  readonly ingredients: CallIngredients;
}

function callOf(method: string, path: string, { operation, ingredients }: Described): fc.Arbitrary<Call> {
  const { words, bodies, token } = ingredients;
  const parametersIn = (place: string): fc.Arbitrary<Record<string, unknown>> =>
    fc.record(
      Object.fromEntries(
        (operation.parameters ?? [])
          .filter((parameter) => parameter.in === place)
          .map(({ name, schema }) => [name, mostly(valuesOf(schema, words))]),
      ),
      place === 'path' ? {} : { requiredKeys: [] },
    );
  const schema = operation.requestBody?.content['application/json']?.schema;
  const known = bodies[`${method} ${path}`] ?? [];
  const right = [
    ...(schema === undefined ? [] : [valuesOf(schema, words)]),
    ...(known.length === 0 ? [] : [fc.constantFrom(...known)]),
  ];
  const body =
    right.length === 0
      ? fc.constant(null)
      : fc
          .oneof(...right, ...right.map((values) => values.chain(damaged)))
          .map((value) => Buffer.from(JSON.stringify(value) ?? ''));
  const parts = fc.tuple(parametersIn('path'), parametersIn('query'), parametersIn('header'), body);
  return parts.map(([inPath, inQuery, inHeader, bytes]) => ({
    method: method.toUpperCase(),
    target: fill(path, inPath) + queryOf(inQuery),
    headers: [
      ['X-Auth-Token', token],
      ['X-Service-Token', token],
      ...(bytes === null ? [] : [['Content-Type', 'application/json'] as const]),
      ...Object.entries(inHeader).map(([name, value]) => [name, latin1(value)] as const),
    ],
    body: bytes,
    isWhole: true,
  }));
}

/** Now and then what is no uuid, no name and no number. */
const mostly = (values: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 9, arbitrary: values }, { weight: 1, arbitrary: fc.constantFrom(...hostileTexts) });

const fill = (path: string, values: Record<string, unknown>): string =>
  path.replace(/\{(\w+)\}/g, (_whole, name: string) => encode(values[name]));

function queryOf(values: Record<string, unknown>): string {
  const pairs = Object.entries(values).map(([name, value]) => `${name}=${encode(value)}`);
  // Nobody here waits for long.
  return pairs.length === 0 ? '' : `?${pairs.join('&').replace(/\bwait=\d\d+/, 'wait=1')}`;
}

const encode = (value: unknown): string => encodeURIComponent(String(value).toWellFormed());
/** A header cannot say more, and not everything of that. */
const latin1 = (value: unknown): string => String(value).replace(/[^\x20-\x7e]/g, '?');

const joined = (target: string, query: string) => target + (target.includes('?') ? '&' : '?') + query;

const queries = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        ...[
          'limit',
          'marker',
          'after',
          'wait',
          'type',
          'name',
          'value',
          'arqs',
          'instance',
          'bind_state',
          'q',
        ],
        ...['filters.field', 'filters.value', 'filters[0].field', 'filters[9999].value', 'sort_key', 'host'],
        ...['__proto__', 'constructor', 'toString', 'deployable_id', 'state', 'idempotency-key'],
      ),
      fc.constantFrom(...hostileValues),
    )
    .map(([name, value]) => `${name}=${encode(JSON.stringify(value) ?? '').slice(0, 12_000)}`),
  fc.constantFrom(
    '%',
    '%00=%00',
    'q=%ff%fe',
    'name=%c0%af',
    'limit=%zz',
    '=&=&=',
    `${'a=1&'.repeat(3_000)}`,
    `arqs=${'00000000-0000-4000-8000-000000000001,'.repeat(300)}`,
    `type=${'device.*,'.repeat(1_000)}`,
    `name=${'x'.repeat(12_000)}`,
    `limit=${'9'.repeat(300)}`,
    'name[]=1&name[a][b][c]=2',
    'q=\xff\xfe',
  ),
);

const headerPairs = fc.constantFrom<readonly (readonly [string, string])[]>(
  [['OpenStack-API-Version', 'accelerator 9.9']],
  [['OpenStack-API-Version', ','.repeat(8_000)]],
  [['OpenStack-API-Version', `${'compute 2.1, '.repeat(700)}accelerator 2.3`]],
  [['OpenStack-API-Version', 'accelerator 2.999999999999']],
  [['Accept', ';;,q=']],
  [['Accept', 'text/html;'.repeat(1_000)]],
  [['X-Auth-Token', 'x'.repeat(10_000)]],
  [['X-Auth-Token', '\xff\xfe']],
  [['Authorization', `Bearer ${' '.repeat(5_000)}`]],
  [['X-Service-Token', '']],
  [['X-OpenStack-Request-Id', `req-${'"'.repeat(500)}`]],
  [
    ['X-Forwarded-Host', 'evil'],
    ['X-Forwarded-Proto', 'javascript'],
  ],
  [['Host', 'a"b<script>']],
  [['If-Match', '"99999999999999999999"']],
  [['Idempotency-Key', '\xe9'.repeat(255)]],
  [['Expect', '100-continue']],
  [['Expect', 'miracles']],
  Array.from({ length: 120 }, (_, index) => [`X-${index}`, 'v'] as const),
);

/** Bodies that are no JSON, or JSON in a way that few write. */
function rawBodies({ bodies, bodyLimitBytes }: CallIngredients): fc.Arbitrary<RawBody> {
  const samples = Object.values(bodies)
    .flat()
    .map((body) => JSON.stringify(body));
  const types = fc.constantFrom(
    ...[
      'application/json',
      'application/json; charset=utf-16',
      'text/plain',
      'multipart/form-data; boundary=x',
    ],
    ...[
      'application/x-www-form-urlencoded',
      'application/problem+json',
      'a/b',
      '',
      ';',
      '*/*',
      'application/JSON',
    ],
  );
  const texts = fc.oneof(
    fc.constantFrom(...samples).map((text) => Buffer.from(text.replace(/"(\w+)":/, '"$1": 1, "$1":'))),
    fc.constantFrom(...samples).map((text) => Buffer.from(text, 'utf16le')),
    fc.constantFrom(...samples).map((text) => Buffer.from(`\ufeff${text}`)),
    fc
      .tuple(fc.constantFrom(...samples), fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 8 }))
      .map(splice),
    fc.constantFrom(...samples).map((text) => Buffer.from(text.slice(0, text.length / 2))),
    fc.constantFrom(
      Buffer.alloc(0),
      Buffer.from('\0'),
      Buffer.from([0xff, 0xfe, 0xfd]),
      Buffer.from('{"a":'.repeat(50_000)),
      Buffer.from(`${'['.repeat(300_000)}${']'.repeat(300_000)}`),
      Buffer.from('{"__proto__": {"name": "x"}}'),
      Buffer.from(`[{"name": "n", "groups": [{"resources:FPGA": "${'9'.repeat(6)}"}]}]`),
      Buffer.from(`{"x": ${'1'.repeat(10_000)}}`),
      Buffer.alloc(bodyLimitBytes + 1, ' '),
      Buffer.alloc(3 * bodyLimitBytes, 'a'),
    ),
  );
  return fc.tuple(types, texts).map(([type, body]) => ({ type, body }));
}

interface RawBody {
  readonly type: string;
  readonly body: Buffer;
}

function splice([text, at, piece]: readonly [string, number, Uint8Array]): Buffer {
  const bytes = Buffer.from(text);
  const where = at % (bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, where), piece, bytes.subarray(where + 1)]);
}

const targets = fc.constantFrom(
  ...[
    '',
    '/',
    '//',
    '*',
    '/accelerator',
    '/accelerator/accelerator/v2',
    '/v2/',
    '/v2.json',
    '/v3/../v2/devices',
  ],
  ...['/v2/devices/%00', '/v2/devices/%ff%fe', '/v2/devices/%', '/v2/devices/\xff', '/v3/devices/%2e%2e%2f'],
  ...[
    `/v2/device_profiles/${'a,'.repeat(4_000)}`,
    `/${'a/'.repeat(4_000)}`,
    '/v3/events/watch',
    'http://x/v2',
  ],
  ...[`/v2/accelerator_requests/${'00000000-0000-4000-8000-000000000001,'.repeat(200)}`, '/v2/devices?'],
  ...[
    '/openapi.json?x=1',
    '/metrics?x=%',
    '/healthz/',
    '/v3/hosts/%F0%9F%98%80',
    `/v3/hosts/${'é'.repeat(300)}`,
  ],
);

/** What is no HTTP any more, or hardly. */
const broken = fc.constantFrom<(call: Call) => RawRequest>(
  (call) => ({ ...call, method: 'BREW' }),
  (call) => ({ ...call, method: '' }),
  (call) => ({ ...call, target: `${call.target} ${call.target}` }),
  (call) => ({ ...call, target: `${call.target}\r\nX: y` }),
  (call) => ({ ...call, target: `/${'a'.repeat(100_000)}` }),
  (call) => ({ ...call, headers: [...call.headers, ['Content-Length', '7']] }),
  (call) => ({ ...call, headers: [...call.headers, ['Content-Length', '99999999999999999999']] }),
  (call) => ({ ...call, headers: [...call.headers, ['Transfer-Encoding', 'chunked']] }),
  (call) => ({ ...call, headers: [...call.headers, ['Transfer-Encoding', 'gzip, chunked, x']] }),
  (call) => ({ ...call, headers: [...call.headers, ['X', 'a\0b']] }),
  (call) => ({ ...call, headers: [...call.headers, ['X-Long', 'x'.repeat(60_000)]] }),
  (call) => ({ ...call, headers: Array.from({ length: 5_000 }, (_, at) => [`X-${at}`, ''] as const) }),
  (call) => ({ ...call, headers: [['', '']] }),
  (call) => ({ ...call, headers: [...call.headers, ['Connection', 'Upgrade'], ['Upgrade', 'h2c']] }),
);

const withQuery = ([call, query]: readonly [Call, string]): Call => ({
  ...call,
  target: joined(call.target, query),
  // Node takes heads of 16 KiB.
  isWhole: call.target.length + query.length < 15_000 && !/[^\x21-\x7e]/.test(query),
});
const withHeaders = ([call, pairs]: readonly [Call, RawRequest['headers']]): Call => ({
  ...call,
  headers: [...call.headers.filter(([name]) => pairs.every(([other]) => other !== name)), ...pairs],
  isWhole: pairs.every(([name]) => name !== 'Expect' && name !== 'Host'),
});
const withBody = ([call, { type, body }]: readonly [Call, RawBody]): Call => ({
  ...call,
  headers: [...call.headers.filter(([name]) => name !== 'Content-Type'), ['Content-Type', type]],
  body,
  isWhole: body.length < 1_000_000,
});
const withTarget = ([call, target]: readonly [Call, string]): Call => ({ ...call, target, isWhole: false });

import { z } from 'zod';
import type { PlacementState } from './placement-state.ts';
import { Refusal } from './refusal.ts';

/** One request as a handler of the double sees it. */
export interface RoutedRequest {
  readonly state: PlacementState;
  /** The `{…}` of the path, decoded. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  /** The parsed body; undefined when there is none. */
  readonly body: unknown;
  readonly minor: number;
}

/** What a handler answers. */
export interface RouteAnswer {
  readonly status: number;
  readonly body?: unknown;
  /** The path of what was made; it goes out with the server before it. */
  readonly location?: string;
}

/** Does the work of one method of one path. @throws Refusal */
export type RouteHandler = (request: RoutedRequest) => RouteAnswer;

/** Handlers by path and method: `{'/traits/{name}': {GET: …}}`. */
export type RouteTable = Readonly<Record<string, Readonly<Record<string, RouteHandler>>>>;

/** A handler of what came with a minor version; before that there is nothing, or another answer. */
export function since(minor: number, handler: RouteHandler, status = 404): RouteHandler {
  return (request) => {
    if (request.minor < minor) throw new Refusal(status, 'The resource could not be found.');
    return handler(request);
  };
}

/** @throws Refusal 400 for a parameter that a minor version does not have yet, or that none has */
export function requireParameters(
  { query, minor }: Pick<RoutedRequest, 'query' | 'minor'>,
  sinceByName: Readonly<Record<string, number>>,
): void {
  for (const key of query.keys())
    if (minor < (sinceByName[key] ?? Number.POSITIVE_INFINITY))
      throw new Refusal(
        400,
        `Invalid query string parameters: Additional properties are not allowed ('${key}' was unexpected)`,
      );
}

/** The handler for a request, and what stood for the `{…}` of its path. @throws Refusal 404 or 405 */
export function findRoute(
  table: RouteTable,
  method: string,
  path: string,
): { readonly handler: RouteHandler; readonly segments: string[] } {
  for (const [pattern, methods] of Object.entries(table)) {
    const match = new RegExp(`^${pattern.replace(/\{\w+\}/g, '([^/]+)')}$`).exec(path);
    if (match === null) continue;
    const handler = methods[method];
    if (handler === undefined)
      throw new Refusal(405, 'The method specified is not allowed for this resource.', {
        headers: { allow: Object.keys(methods).join(', ') },
      });
    return { handler, segments: match.slice(1).map(decodeURIComponent) };
  }
  throw new Refusal(404, '');
}

/** A body or query of a schema. @throws Refusal 400 */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown, what = 'JSON does not validate'): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new Refusal(400, `${what}: ${z.prettifyError(parsed.error)}`);
}

/** A uuid as Placement takes it: with or without dashes; the canonical form comes out. */
export const UuidLike = z
  .string()
  .regex(/^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$/)
  .transform((text) =>
    text
      .toLowerCase()
      .replaceAll('-', '')
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  );

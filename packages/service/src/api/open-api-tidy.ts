import { STATUS_CODES } from 'node:http';

type Node = Record<string, unknown>;
interface Document {
  paths?: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, unknown> };
}
interface Operation {
  requestBody?: { required?: boolean; content: Record<string, { schema: { anyOf?: Node[] } }> };
  responses: Record<string, { description: string }>;
}

/**
 * Mends what the generators of the OpenAPI document cannot know: bodies that may be left out, what an answer means,
 * components that nothing refers to, and that answers may gain members in later versions.
 */
export function tidyOpenApi<Described extends object>(document: Described): Described {
  const copy = structuredClone(document) as Document;
  for (const operation of Object.values(copy.paths ?? {}).flatMap((path) => Object.values(path))) {
    letBodyBeLeftOut(operation);
    for (const [status, response] of Object.entries(operation.responses)) {
      response.description = response.description.replace(
        'Default Response',
        STATUS_CODES[status] ?? 'Answer',
      );
      openUp(response);
    }
  }
  const schemas = copy.components?.schemas ?? {};
  for (const name of Object.keys(schemas)) if (name.endsWith('Input')) delete schemas[name];
  openUp(schemas);
  return copy as Described;
}

/** `null` among the choices is how a route says that it needs no body. */
function letBodyBeLeftOut({ requestBody }: Operation): void {
  for (const media of Object.values(requestBody?.content ?? {})) {
    const choices = media.schema.anyOf?.filter((choice) => choice.type !== 'null');
    if (requestBody === undefined || choices?.length !== 1) continue;
    requestBody.required = false;
    media.schema = { ...choices[0] };
  }
}

/** Lets answers have more members than are described, and does not repeat as a pattern what `format` says. */
function openUp(node: unknown): void {
  if (node === null || typeof node !== 'object') return;
  const schema = node as Node;
  if (schema.additionalProperties === false) delete schema.additionalProperties;
  if (schema.format === 'date-time') delete schema.pattern;
  for (const child of Object.values(schema)) openUp(child);
}

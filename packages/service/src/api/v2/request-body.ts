import { CyborgError } from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import { invalid } from './arguments.ts';

/** A body as it came, not yet read: what is wrong with it is told only after the caller's rights are known. */
interface RawBody {
  readonly mediaType: string;
  readonly text: string;
}

/** Keeps bodies of any type as text for `readBody`. */
export function keepBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, text, done) => {
    const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
    done(null, { mediaType, text: String(text) } satisfies RawBody);
  });
}

/**
 * The JSON body of a request, refused in Cyborg's words when there is none (`Missing argument`, named as Cyborg's
 * function names it), when it is no JSON, or when its type says something else.
 */
export function readBody(body: unknown, argument: string): unknown {
  const { mediaType, text } = (body as RawBody | null | undefined) ?? { mediaType: '', text: '' };
  if (text === '') throw invalid(`Missing argument: "${argument}"`);
  if (mediaType === '' || mediaType === 'application/x-www-form-urlencoded') {
    throw invalid(`Unknown argument: "${text}"`);
  }
  if (mediaType !== 'application/json' && mediaType !== 'text/javascript') {
    throw new CyborgError('request.media_type', `Unknown mimetype: ${mediaType}`);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CyborgError('request.invalid', 'Request is not in valid JSON format', { cause });
  }
}

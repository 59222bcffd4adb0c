import type { FastifyInstance } from 'fastify';

/** Knows every route that was added after it. */
export interface RouteList {
  /** The methods that a path is for, sorted; none when there is no such path. */
  methodsOf(path: string): readonly string[];
}

/** Watches routes being added, so that a wrong method can be told from a wrong address. */
export function listRoutes(app: FastifyInstance): RouteList {
  const methodsByPattern = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsByPattern.get(url) ?? new Set();
    methodsByPattern.set(url, methods);
    for (const one of [method].flat()) methods.add(one);
  });
  return {
    methodsOf(path) {
      const found = [...methodsByPattern].filter(([pattern]) => fits(pattern, path));
      return [...new Set(found.flatMap(([, methods]) => [...methods]))].sort();
    },
  };
}

/** Whether a path has as many parts as a pattern, each the same or a parameter (`:name`). */
function fits(pattern: string, path: string): boolean {
  const parts = path.split('/');
  const wanted = pattern.split('/');
  return (
    parts.length === wanted.length &&
    wanted.every((part, index) => (part.startsWith(':') ? parts[index] !== '' : part === parts[index]))
  );
}

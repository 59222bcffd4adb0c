import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from './test-api.ts';

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: { readonly required?: boolean };
  readonly responses: Record<string, { readonly description: string }>;
}

describe('/openapi.json', () => {
  let api: TestApi;
  let document: {
    openapi: string;
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Record<string, unknown> };
    tags: { name: string }[];
  };
  beforeAll(async () => {
    api = await startTestApi();
    document = (await api.call({ url: '/openapi.json', as: null })).json();
  });
  afterAll(() => api.close());
  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, path, operation })),
    );

  it('is OpenAPI 3.1 of both APIs', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.paths).toHaveProperty(['/v2/device_profiles/{which}', 'delete']);
    expect(document.paths).toHaveProperty(['/v3/devices/{id}/ready', 'post']);
  });

  it('says of every operation what it does, where it belongs and what it answers', () => {
    const tags = document.tags.map(({ name }) => name);
    for (const { name, operation } of operations()) {
      expect(operation.summary, name).toBeTruthy();
      expect(tags, name).toEqual(expect.arrayContaining([...(operation.tags ?? ['none'])]));
      expect(
        Object.keys(operation.responses).some((status) => status.startsWith('2')),
        name,
      ).toBe(true);
      for (const { description } of Object.values(operation.responses)) {
        expect(description, name).toBeTruthy();
        expect(description, name).not.toBe('Default Response');
      }
    }
  });

  it('names every parameter of a path', () => {
    for (const { name, path, operation } of operations()) {
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      const braces = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      expect(
        inPath.map((parameter) => parameter.name),
        name,
      ).toEqual(braces);
    }
  });

  it('refers to nothing that is not there, and keeps nothing that is not referred to', () => {
    const text = JSON.stringify(document);
    const referred = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1]));
    expect([...referred].sort()).toEqual(Object.keys(document.components.schemas).sort());
  });

  it('lets bodies of intents be left out, and answers grow', () => {
    expect(document.paths['/v3/devices/{id}/ready']?.post?.requestBody?.required).toBe(false);
    expect(document.paths['/v2/device_profiles']?.post?.requestBody?.required).toBe(true);
    expect(JSON.stringify(document.components)).not.toContain('additionalProperties":false');
  });

  it('knows what filters mean', () =>
    expect(document.paths['/v3/devices']?.get?.parameters).toContainEqual(
      expect.objectContaining({ name: 'q', description: expect.stringContaining('Part of model') }),
    ));
});

import { isScalar, parseDocument, visit } from 'yaml';

// What PyYAML takes for a number (YAML 1.1 with its own narrower rules): 1e3 and 089 are text.
const integer = /^[-+]?(0b[01_]+|0[0-7_]+|0|[1-9][\d_]*|0x[\da-fA-F_]+|[1-9][\d_]*(:[0-5]?\d)+)$/;
const float =
  /^([-+]?(\d[\d_]*\.[\d_]*([eE][-+]\d+)?|\.\d[\d_]*([eE][-+]\d+)?|\d[\d_]*(:[0-5]?\d)+\.[\d_]*|\.(inf|Inf|INF))|\.(nan|NaN|NAN))$/;

/**
 * Reads YAML as Python's tools do: version 1.1, where `yes` is true, but `y`, dates and `1e3` are text. A number
 * with a point comes as text, so that `2.0` does not become 2.
 *
 * @throws Error when it is no YAML
 */
export function readYaml(text: string): unknown {
  const document = parseDocument(text, {
    version: '1.1',
    uniqueKeys: false,
    intAsBigInt: true,
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !tag.tag.endsWith(':timestamp')),
  });
  const [error] = document.errors;
  if (error !== undefined) throw error;
  visit(document, (_, node) => {
    if (isScalar(node)) node.value = asPython(node.value, node.source ?? '');
  });
  return document.toJS();
}

function asPython(value: unknown, source: string): unknown {
  if (typeof value === 'boolean') return /^[yn]$/i.test(source) ? source : value;
  if (typeof value === 'bigint') {
    if (!integer.test(source)) return source;
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  if (typeof value !== 'number') return value;
  return float.test(source) && Number.isInteger(value)
    ? `${value}.0`
    : float.test(source)
      ? String(value)
      : source;
}
